//! Reads credentials by host from a `.netrc` file.
//!
//! The format is that of `ftp`, as read by curl and Python: tokens separated by white space, with the keywords `machine`,
//! `default`, `login` or `user`, `password`, `account` and `macdef`. A token that contains blanks is quoted. `#` starts a comment in
//! the place of a keyword. Keywords have no case. Other words in their place are skipped.

use std::collections::HashMap;
use std::fmt;

use http::header::HeaderValue;

use super::auth::basic;

/// The largest file that is read, in bytes.
pub const MAX_NETRC: u64 = 1 << 20;

/// Credentials for basic authentication, by host.
#[derive(Clone, Default)]
pub struct Netrc {
    hosts: HashMap<String, HeaderValue>,
    default: Option<HeaderValue>,
}

/// An invalid file. The message does not quote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct NetrcError {
    /// The line number, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

impl Netrc {
    /// Parses a file. The first entry for a host that has a login or a password wins.
    ///
    /// # Errors
    /// A value is missing or invalid.
    pub fn parse(text: &str) -> Result<Self, NetrcError> {
        let mut tokens = Tokens { rest: text, line: 1 };
        let mut netrc = Netrc::default();
        let mut entry = None;
        while let Some(keyword) = tokens.keyword()? {
            match (keyword.to_ascii_lowercase().as_str(), &mut entry) {
                ("machine", _) => {
                    netrc.add(entry.take(), &tokens)?;
                    entry = Some(NetrcEntry { host: Some(tokens.value()?), ..NetrcEntry::default() });
                }
                ("default", _) => {
                    netrc.add(entry.take(), &tokens)?;
                    entry = Some(NetrcEntry::default());
                }
                ("macdef", _) => tokens.skip_macro(),
                ("login" | "user", Some(entry)) => entry.login = Some(tokens.value()?),
                ("password", Some(entry)) => entry.password = Some(tokens.value()?),
                ("login" | "user" | "password" | "account", _) => drop(tokens.value()?),
                _ => {} // words that only other programs know are skipped, as curl does
            }
        }
        netrc.add(entry, &tokens)?;
        Ok(netrc)
    }

    /// The value of the Authorization header for `host`, by its own entry or by the default one.
    pub fn get(&self, host: &str) -> Option<&HeaderValue> {
        self.hosts.get(host).or(self.default.as_ref())
    }

    fn add(&mut self, entry: Option<NetrcEntry>, tokens: &Tokens<'_>) -> Result<(), NetrcError> {
        let Some(NetrcEntry { host, login, password }) = entry else { return Ok(()) };
        if login.is_none() && password.is_none() {
            return Ok(());
        }
        let value = basic(&login.unwrap_or_default(), &password.unwrap_or_default())
            .map_err(|why| tokens.error(&format!("the previous entry: {why}")))?;
        match host {
            Some(host) => _ = self.hosts.entry(host.to_ascii_lowercase()).or_insert(value),
            None => _ = self.default.get_or_insert(value),
        }
        Ok(())
    }
}

/// Shows only the number of hosts.
impl fmt::Debug for Netrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Netrc").field("hosts", &self.hosts.len()).finish_non_exhaustive()
    }
}

/// An entry under construction. The default entry does not have a host.
#[derive(Default)]
struct NetrcEntry {
    host: Option<String>,
    login: Option<String>,
    password: Option<String>,
}

struct Tokens<'a> {
    rest: &'a str,
    line: usize,
}

impl Tokens<'_> {
    fn keyword(&mut self) -> Result<Option<String>, NetrcError> {
        loop {
            self.skip_blanks();
            if !self.rest.starts_with('#') {
                return self.token();
            }
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.rest = &self.rest[end..];
        }
    }

    fn value(&mut self) -> Result<String, NetrcError> {
        self.skip_blanks();
        self.token()?.ok_or_else(|| self.error("the file ends where a value is expected"))
    }

    /// The next token, or `None` at the end.
    fn token(&mut self) -> Result<Option<String>, NetrcError> {
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
            let token = self.rest[..end].to_owned();
            self.rest = &self.rest[end..];
            return Ok(Some(token).filter(|token| !token.is_empty()));
        };
        let mut token = String::new();
        let mut chars = quoted.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &quoted[at + 1..];
                    return Ok(Some(token));
                }
                '\n' => break,
                '\\' => token.extend(chars.next().map(|(_, c)| match c {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    c => c,
                })),
                c => token.push(c),
            }
        }
        Err(self.error("unclosed quote"))
    }

    /// A macro ends with the next blank line.
    fn skip_macro(&mut self) {
        let mut lines = self.rest.split_inclusive('\n');
        let own = lines.next().map_or(0, str::len); // the rest of the line with its name
        let body: usize = lines.by_ref().take_while(|line| !line.trim().is_empty()).map(str::len).sum();
        self.line += self.rest[..own + body].matches('\n').count();
        self.rest = &self.rest[own + body..];
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest.trim_start();
        self.line += self.rest[..self.rest.len() - rest.len()].matches('\n').count();
        self.rest = rest;
    }

    fn error(&self, reason: &str) -> NetrcError {
        NetrcError { line: self.line, reason: reason.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn credentials(text: &str, host: &str) -> Option<String> {
        let netrc = Netrc::parse(text).unwrap();
        netrc.get(host).map(|value| value.to_str().unwrap().to_owned())
    }

    fn expected(user: &str, password: &str) -> Option<String> {
        Some(basic(user, password).unwrap().to_str().unwrap().to_owned())
    }

    #[test]
    fn entries_are_found_by_host() {
        let text = "# mine\nmachine A.example login ann password #s3cret # not a comment? it is one\n\
            macdef init\n  machine b.example login no password no\n\n\
            machine\n b.example\n\tlogin \"bob b\" account x password \"p \\\"w\\\\\"\n\
            machine a.example login second password second\n";
        assert_eq!(credentials(text, "a.example"), expected("ann", "#s3cret"));
        assert_eq!(credentials(text, "b.example"), expected("bob b", "p \"w\\"));
        assert_eq!(credentials(text, "c.example"), None);
        assert_eq!(credentials("machine a password x default login u password p", "b"), expected("u", "p"));
        assert_eq!(credentials("machine a password x default login u password p", "a"), expected("", "x"));
        assert_eq!(credentials("", "a"), None);
    }

    #[test]
    fn unknown_words_are_skipped() {
        for text in [
            "machine a port 21 login u protocol https password p",
            "login x password y machine a login u password p",
            "machine a login u password p x machine b login v password w",
            "default login d machine a login u password p",
            "# machine a login x\nmachine a # its login\nlogin u # not x\npassword p",
            "macdef all\n  machine a login x\n\nmachine a login u password p",
            "machine a account z login u password p account y",
            "machine a user u password p",
            "machine a account user user u password p",
            "machine a password p USER u account password",
            "user x password y machine a user u password p",
            "\"machine\" \"a\" login \"u\" password p",
            "machine a\r\n\tlogin u\r\n\tpassword p\r\n",
        ] {
            assert_eq!(credentials(text, "a"), expected("u", "p"), "{text}");
        }
        assert_eq!(
            credentials("machine b login x default login u password p machine c login y", "a"),
            expected("u", "p")
        );
    }

    #[test]
    fn keywords_have_no_case() {
        for text in [
            "MACHINE a LOGIN u PASSWORD p",
            "Machine a Login u Password p",
            "machine A loGin u passWORD p",
            "DEFAULT login u password p",
            "MacDef x\nmachine a login no\n\nmachine a ACCOUNT login login u password p",
        ] {
            assert_eq!(credentials(text, "a"), expected("u", "p"), "{text}");
        }
        assert_eq!(credentials("machine a login LOGIN password PassWord", "a"), expected("LOGIN", "PassWord"));
    }

    #[test]
    fn an_entry_without_credentials_hides_no_other() {
        for text in [
            "machine a\nmachine a login u password p",
            "machine a account x\nmachine b login no password no\nmachine a login u password p",
            "default\nmachine a\ndefault login u password p",
            "machine a macdef x\ny\n\nmachine a login u password p machine a login v password w",
        ] {
            assert_eq!(credentials(text, "a"), expected("u", "p"), "{text}");
        }
        assert_eq!(credentials("machine a", "a"), None);
        assert_eq!(credentials("machine a login u machine a login v password w", "a"), expected("u", ""));
        assert_eq!(credentials("machine a login \"\" password \"\"", "a"), expected("", ""));
    }

    #[test]
    fn errors_give_the_line_without_quoting_it() {
        for (text, line, reason) in [
            ("login", 1, "the file ends where a value is expected"),
            ("machine a\nport 21\npassword", 3, "the file ends where a value is expected"),
            ("machine a login ann password", 1, "the file ends where a value is expected"),
            ("\nmachine a password \"hunter", 2, "unclosed quote"),
            ("machine a login a:b password c", 1, "the previous entry: a user name cannot contain a colon"),
        ] {
            assert_eq!(Netrc::parse(text).unwrap_err(), NetrcError { line, reason: reason.to_owned() }, "{text}");
        }
        assert_eq!(format!("{:?}", Netrc::parse("machine a password hunter2").unwrap()), "Netrc { hosts: 1, .. }");
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "(machine|default|login|password|macdef|[\"\\\\#\n a]){0,30}", any: String) {
            let _ = (Netrc::parse(&text), Netrc::parse(&any));
        }

        #[test]
        fn a_quoted_password_is_unchanged(password in "[ -~ä]{1,20}") {
            let quoted = password.replace('\\', "\\\\").replace('"', "\\\"");
            let text = format!("machine a login u password \"{quoted}\"");
            prop_assert_eq!(credentials(&text, "a"), expected("u", &password));
        }
    }
}
