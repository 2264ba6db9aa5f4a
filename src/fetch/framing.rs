//! Where a response's body ends, by its head ([RFC 9112], section 6.3).
//!
//! [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112#section-6.3

use http::header::{CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};

use super::client::TransferCoding;

/// What `Transfer-Encoding` says of a body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TransferCodings {
    /// The field occurs, even if it names no coding.
    pub(super) is_given: bool,
    /// The codings beside chunked, in the order in which they were applied.
    pub(super) codings: Vec<TransferCoding>,
    /// The body is sent in chunks, which say where it ends.
    pub(super) chunked: bool,
}

/// Reads `Transfer-Encoding` ([RFC 9112], section 6.1). Empty elements and `identity` mean nothing.
///
/// # Errors
/// A coding is unknown, or something was applied after chunked: then nobody can tell where the body ends.
///
/// [RFC 9112]: https://www.rfc-editor.org/rfc/rfc9112#section-6.1
pub(super) fn transfer_codings(headers: &HeaderMap) -> Result<TransferCodings, String> {
    let mut found = TransferCodings::default();
    for value in headers.get_all(TRANSFER_ENCODING) {
        found.is_given = true;
        for element in value.as_bytes().split(|byte| *byte == b',') {
            let coding = element.trim_ascii().to_ascii_lowercase();
            match &coding[..] {
                b"" | b"identity" => {}
                _ if found.chunked => return Err("the answer is encoded again after chunked".to_owned()),
                b"chunked" => found.chunked = true,
                b"gzip" | b"x-gzip" => found.codings.push(TransferCoding::Gzip),
                b"deflate" => found.codings.push(TransferCoding::Deflate),
                _ => return Err(format!("unknown transfer coding \"{}\"", coding.escape_ascii())),
            }
        }
    }
    Ok(found)
}

/// Reads `Content-Length`, which may be repeated with the same value ([RFC 9110], section 8.6).
///
/// # Errors
/// A value is not a length, or two differ.
///
/// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-8.6
pub(super) fn content_length(headers: &HeaderMap) -> Result<Option<u64>, String> {
    let mut found = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        for element in value.as_bytes().split(|byte| *byte == b',') {
            let element = element.trim_ascii();
            let Some(length) = decimal(element) else {
                return Err(format!("\"{}\" is not a content length", element.escape_ascii()));
            };
            if found.is_some_and(|found| found != length) {
                return Err("the answer has two different content lengths".to_owned());
            }
            found = Some(length);
        }
    }
    Ok(found)
}

fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use http::header::HeaderValue;

    use super::*;

    fn coded(value: &str) -> Result<(Vec<TransferCoding>, bool), String> {
        let headers = HeaderMap::from_iter([(TRANSFER_ENCODING, HeaderValue::from_str(value).unwrap())]);
        transfer_codings(&headers).map(|found| (found.codings, found.chunked))
    }

    #[test]
    fn transfer_codings_are_read_as_a_list() {
        use TransferCoding::{Deflate, Gzip};
        for value in
            ["chunked", "Chunked", "chunked,", ", chunked", "identity, chunked", "chunked, identity", "\tchunked"]
        {
            assert_eq!(coded(value), Ok((vec![], true)), "{value}");
        }
        assert_eq!(coded("gzip, chunked"), Ok((vec![Gzip], true)));
        assert_eq!(coded("deflate,x-gzip , chunked"), Ok((vec![Deflate, Gzip], true)));
        assert_eq!(coded("gzip"), Ok((vec![Gzip], false)));
        for value in ["", "identity", ","] {
            assert_eq!(coded(value), Ok((vec![], false)), "{value}");
        }
        for value in ["chunked, chunked", "chunked, gzip", "br, chunked", "chunked;q=1", "chunkedx", "x"] {
            assert!(coded(value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_content_length_is_one_number() {
        let length = |values: &[&str]| {
            let field = |value: &&str| (CONTENT_LENGTH, HeaderValue::from_str(value).unwrap());
            content_length(&HeaderMap::from_iter(values.iter().map(field)))
        };
        assert_eq!(length(&[]), Ok(None));
        assert_eq!(length(&["18446744073709551615"]), Ok(Some(u64::MAX)));
        assert_eq!(length(&["007", "7, 7"]), Ok(Some(7)));
        for wrong in ["", "+2", "-1", "2 2", "0x2", "2.0", "18446744073709551616", "2,", "2, 3"] {
            assert!(length(&[wrong]).is_err(), "{wrong}");
        }
        assert!(length(&["2", "3"]).is_err());
    }
}
