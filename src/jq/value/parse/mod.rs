//! Parses JSON, strictly, straight into values.

mod rest;
mod strings;
#[cfg(test)]
mod tests;

use std::hash::BuildHasher;
use std::ops::Range;
use std::rc::Rc;

use foldhash::fast::FixedState;

use super::super::meter;
use super::{Array, Key, Object, Text, Value};
use crate::guard::json::MAX_DIGITS;
use rest::elements_left;
use strings::{plain, unescape};

/// The maximum nesting depth of arrays and objects.
const MAX_DEPTH: usize = 256;

/// The number of elements from which memory for a whole array is allocated in advance.
const LONG: usize = 4096;

/// The long keys remembered, so that objects share them.
const REMEMBERED_KEYS: usize = 256;

/// Which texts are values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::jq) enum Syntax {
    Json,
    /// Also NaN, as in jq.
    JsonOrNan,
}

/// Why a text is refused.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::jq) enum ParseError {
    /// It is not JSON.
    Invalid,
    /// It is JSON, but too deep or too long-winded; this completes a sentence.
    Unfit(String),
}

/// Parses exactly one value. What is not UTF-8 in strings, and surrogates without their other half, become U+FFFD.
pub(in crate::jq) fn parse(text: &[u8], syntax: Syntax) -> Result<Value, ParseError> {
    let mut parser = Parser {
        text,
        at: 0,
        syntax,
        depth: 0,
        open: Array::with_capacity(0),
        remembered: vec![None; REMEMBERED_KEYS],
        _charge: meter::Charge::new(meter::block(REMEMBERED_KEYS * size_of::<Option<Rc<Text>>>())),
    };
    let value = parser.value()?;
    if parser.peek().is_some() {
        return Err(ParseError::Invalid);
    }
    Ok(value)
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    syntax: Syntax,
    depth: usize,
    /// The elements of the open arrays and objects: each is allocated at once when its size is known, or long.
    open: Array,
    remembered: Vec<Option<Rc<Text>>>,
    _charge: meter::Charge,
}

type Parsed<T> = Result<T, ParseError>;

impl Parser<'_> {
    /// The next byte after whitespace.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }

    fn value(&mut self) -> Parsed<Value> {
        meter::work(1);
        match self.peek().ok_or(ParseError::Invalid)? {
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::array),
            b'"' => self.string(),
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' if self.text[self.at..].starts_with(b"null") => self.word("null", Value::NULL),
            b'n' if self.syntax == Syntax::JsonOrNan => self.word("nan", Value::Float(f64::NAN)),
            b'N' if self.syntax == Syntax::JsonOrNan => self.word("NaN", Value::Float(f64::NAN)),
            _ => Err(ParseError::Invalid),
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Parsed<Value> {
        if !self.text[self.at..].starts_with(word.as_bytes()) {
            return Err(ParseError::Invalid);
        }
        self.at += word.len();
        Ok(value)
    }

    fn nested(&mut self, parse: fn(&mut Self) -> Parsed<Value>) -> Parsed<Value> {
        meter::descend();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ParseError::Unfit(format!("nests more than {MAX_DEPTH} levels")));
        }
        self.at += 1;
        let value = parse(self);
        self.depth -= 1;
        value
    }

    /// After an element: whether another one follows.
    fn has_next(&mut self, end: u8) -> Parsed<bool> {
        let byte = self.peek().ok_or(ParseError::Invalid)?;
        self.at += 1;
        match byte {
            b',' => Ok(true),
            byte if byte == end => Ok(false),
            _ => Err(ParseError::Invalid),
        }
    }

    fn array(&mut self) -> Parsed<Value> {
        let first = self.open.len();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::array(Array::with_capacity(0)));
        }
        loop {
            let item = self.value()?;
            self.open.push(item);
            if !self.has_next(b']')? {
                return Ok(Value::array(self.open.split_off(first)));
            }
            if self.open.len() - first == LONG {
                return self.long_array(first);
            }
        }
    }

    /// The rest of an array that is too long to be moved when its size is known.
    fn long_array(&mut self, first: usize) -> Parsed<Value> {
        let left = elements_left(&self.text[self.at..]);
        let mut array = Array::with_capacity(self.open.len() - first + left);
        self.open.drain_from(first).for_each(|item| array.push(item));
        loop {
            let item = self.value()?;
            array.push(item);
            if !self.has_next(b']')? {
                return Ok(Value::array(array));
            }
        }
    }

    fn object(&mut self) -> Parsed<Value> {
        let first = self.open.len();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::object(Object::with_capacity(0)));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(ParseError::Invalid);
            }
            let key = self.key()?;
            self.open.push(key.into());
            if self.peek() != Some(b':') {
                return Err(ParseError::Invalid);
            }
            self.at += 1;
            let item = self.value()?;
            self.open.push(item);
            if !self.has_next(b'}')? {
                break;
            }
        }
        let mut object = Object::with_capacity((self.open.len() - first) / 2);
        let mut open = self.open.drain_from(first);
        while let (Some(key), Some(item)) = (open.next(), open.next()) {
            object.insert(key.into_key(), item);
        }
        Ok(Value::object(object))
    }

    /// A key; one that was seen lately is shared.
    fn key(&mut self) -> Parsed<Key> {
        let text = self.text;
        let raw = self.raw_string()?;
        let Some(plain) = plain(&text[raw.clone()]) else {
            let text = unescape(&text[raw]).ok_or(ParseError::Invalid)?;
            return Ok(Value::from(text).into_key());
        };
        if Key::is_short(plain) {
            return Ok(Key::new(plain));
        }
        let slot = FixedState::default().hash_one(plain) as usize % REMEMBERED_KEYS;
        match &self.remembered[slot] {
            Some(known) if ***known == *plain => Ok(Key::Text(known.clone())),
            _ => {
                let new = Rc::new(Text::new(plain));
                self.remembered[slot] = Some(new.clone());
                Ok(Key::Text(new))
            }
        }
    }

    fn string(&mut self) -> Parsed<Value> {
        let text = self.text;
        let raw = &text[self.raw_string()?];
        match plain(raw) {
            Some(plain) => Ok(Value::string(plain)),
            None => unescape(raw).map(Value::from).ok_or(ParseError::Invalid),
        }
    }

    /// Finds what is between the quotes.
    fn raw_string(&mut self) -> Parsed<Range<usize>> {
        let start = self.at + 1;
        let mut at = start;
        loop {
            at += memchr::memchr2(b'"', b'\\', &self.text[at..]).ok_or(ParseError::Invalid)?;
            if self.text[at] == b'"' {
                break;
            }
            at += 2; // whatever is escaped, a quote included
            if at > self.text.len() {
                return Err(ParseError::Invalid);
            }
        }
        meter::work((at - start) / 64);
        self.at = at + 1;
        if self.text[start..at].iter().any(|byte| *byte < 0x20) {
            return Err(ParseError::Invalid);
        }
        Ok(start..at)
    }

    fn number(&mut self) -> Parsed<Value> {
        let start = self.at;
        self.skip(b'-');
        let mut digits = match self.digits()? {
            many if many > 1 && self.text[self.at - many] == b'0' => return Err(ParseError::Invalid),
            count => count,
        };
        let mut whole = true;
        if self.skip(b'.') {
            whole = false;
            digits += self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            whole = false;
            if !self.skip(b'+') {
                self.skip(b'-');
            }
            digits += self.digits()?;
        }
        if digits > MAX_DIGITS {
            return Err(ParseError::Unfit(format!("has a number of more than {MAX_DIGITS} digits")));
        }
        let number = std::str::from_utf8(&self.text[start..self.at]).expect("ASCII");
        let int = if whole && number != "-0" { number.parse().ok() } else { None };
        Ok(int.map_or_else(|| Value::digits(number), Value::Int))
    }

    fn skip(&mut self, byte: u8) -> bool {
        let there = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(there);
        there
    }

    /// One or more digits.
    fn digits(&mut self) -> Parsed<usize> {
        let count = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { Err(ParseError::Invalid) } else { Ok(count) }
    }
}
