//! The lines of a robots.txt, rewritten for what robotxt reads in another way than RFC 9309 and Google's parser.
//!
//! No line changes its length, so that the limit on the size of a file means the same.

/// A robots.txt in up to three texts, each with all groups and a part of the rules.
pub(super) struct Texts {
    /// The rules that do not begin with a star.
    pub(super) plain: Vec<u8>,
    /// Those that do. robotxt puts a slash before them.
    pub(super) starred: Option<Vec<u8>>,
    /// Of these, the ones in which a slash follows, without their stars: robotxt reads `*/x` as `/*/x`, which does not
    /// match `/x`.
    pub(super) unstarred: Option<Vec<u8>>,
}

/// Splits `text` into its parts.
pub(super) fn split(text: &[u8]) -> Texts {
    let (mut plain, mut starred, mut unstarred) = (text.to_vec(), text.to_vec(), text.to_vec());
    let (mut has_stars, mut has_slashes) = (false, false);
    let mut start = 0;
    for line in text.split_inclusive(|byte| matches!(byte, b'\n' | b'\r' | 0)) {
        let Some((key, value)) = key_and_value(line).filter(|(key, _)| !is_sitemap(key)) else {
            start += line.len();
            continue;
        };
        let at = start + value.start..start + value.end;
        let value = &line[value];
        if key.to_ascii_lowercase().starts_with(b"user") {
            for part in [&mut plain, &mut starred, &mut unstarred] {
                part[at.start + product(value)..at.end].fill(b' ');
            }
        } else if value.starts_with(b"*") {
            let stars = value.iter().take_while(|&&byte| byte == b'*').count();
            let is_slash = value.get(stars) == Some(&b'/');
            (has_stars, has_slashes) = (true, has_slashes || is_slash);
            plain[at.clone()].fill(b' ');
            put(&mut starred[at.clone()], &unreserved(value));
            put(&mut unstarred[at], &if is_slash { unreserved(&value[stars..]) } else { Vec::new() });
        } else if !key.to_ascii_lowercase().starts_with(b"crawl") {
            starred[at.clone()].fill(b' ');
            unstarred[at.clone()].fill(b' ');
            put(&mut plain[at], &unreserved(value));
        }
        start += line.len();
    }
    Texts { plain, starred: has_stars.then_some(starred), unstarred: has_slashes.then_some(unstarred) }
}

/// Replaces a value by one that is no longer.
fn put(value: &mut [u8], new: &[u8]) {
    value.fill(b' ');
    value[..new.len()].copy_from_slice(new);
}

fn is_sitemap(key: &[u8]) -> bool {
    key.to_ascii_lowercase().starts_with(b"site")
}

/// The key of a line and where its value is. Between the two is a colon, or at least a blank.
fn key_and_value(line: &[u8]) -> Option<(&[u8], std::ops::Range<usize>)> {
    let end = line.iter().position(|byte| matches!(byte, b'#' | b'\n' | b'\r' | 0)).unwrap_or(line.len());
    let is_key = |key: &&[u8]| key.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b' ' | b'\t'));
    let colon = line[..end].iter().position(|&byte| byte == b':').filter(|&at| is_key(&&line[..at]));
    let blank = || {
        let word = line.iter().position(|byte| !byte.is_ascii_whitespace())?;
        Some(word + line[word..end].iter().position(u8::is_ascii_whitespace)?)
    };
    let split = colon.or_else(blank)?;
    let key = line[..split].trim_ascii();
    let key = key.strip_prefix(b"\xef\xbb\xbf").unwrap_or(key);
    let value = &line[split + 1..end];
    let start = split + 1 + (value.len() - value.trim_ascii_start().len());
    Some((key, start..start.max(end - (value.len() - value.trim_ascii_end().len()))))
}

/// How much of the value of a `User-agent` line is the name: the rest is a version or a remark, as in `FooBot/2.1 (x)`.
fn product(value: &[u8]) -> usize {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'*');
    value.iter().position(|byte| !is_name(byte)).unwrap_or(value.len())
}

/// A path, with the reserved characters decoded that RFC 9309, section 2.2.2, compares as equal to their encoded form.
///
/// Not among them are `*` and `$`, which are special in rules, `#`, and up to the question mark `/` and `?`: there their
/// encoded form is part of a name.
pub(super) fn unreserved(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let (mut rest, mut is_query) = (path, false);
    while let Some((&first, after)) = rest.split_first() {
        let octet = match *after {
            [high, low, ..] if first == b'%' => hex(high).zip(hex(low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        let octet = octet.filter(|octet| b":@!&'()+,;=[]".contains(octet) || is_query && b"/?".contains(octet));
        is_query |= first == b'?';
        decoded.push(octet.unwrap_or(first));
        rest = if octet.is_some() { &after[2..] } else { after };
    }
    decoded
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| digit.try_into().ok())
}
