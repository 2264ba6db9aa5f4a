use super::*;
use crate::jq::{Filter, FilterLimits};

fn read(text: &str) -> Result<String, ParseError> {
    parse(text.as_bytes(), Syntax::Json).map(|value| value.to_string())
}

#[test]
fn json_is_parsed_strictly() {
    for text in ["[1,2.50,-0,1e9]", r#"{"a":null,"b":[true,false]}"#, "\"é\"", "[]", "{}", "12345678901234567890"] {
        assert_eq!(read(text).as_deref(), Ok(text));
    }
    for text in [
        "",
        " ",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "-",
        "[1,]",
        "[1",
        "[,1]",
        "{\"a\"}",
        "{a:1}",
        "{\"a\":1,}",
        "nul",
        "NaN",
        "\"",
        "\"\\",
        "\"\\x\"",
        "\"\n\"",
        "\"\\u12\"",
        "1 2",
        "[1 2]",
        "{1:2}",
        "[}",
        "\"a\\\"",
        "\u{feff}1",
        "truefalse",
    ] {
        assert_eq!(read(text), Err(ParseError::Invalid), "{text}");
    }
}

#[test]
fn escapes_are_read_as_characters() {
    assert_eq!(read(r#""\u00e9\n\/\ud83d\ude00""#).as_deref(), Ok("\"é\\n/😀\""));
    assert_eq!(read(r#""a\ud83d""#).as_deref(), Ok("\"a\u{fffd}\""));
    assert_eq!(read(r#""\ud83d\u0041\udc00""#).as_deref(), Ok("\"\u{fffd}A\u{fffd}\""));
    let broken = parse(b"\"\xff\xc3\"", Syntax::Json).unwrap();
    assert_eq!(broken.as_str(), Some("\u{fffd}\u{fffd}"));
}

#[test]
fn the_last_of_equal_keys_counts() {
    assert_eq!(read(r#"{"a":1,"b":2,"a":3}"#).as_deref(), Ok(r#"{"a":3,"b":2}"#));
}

#[test]
fn depth_and_digits_are_limited() {
    let unfit = |why: &str| Err(ParseError::Unfit(why.to_owned()));
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(read(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(read(&nested(MAX_DEPTH + 1)), unfit("nests more than 256 levels"));
    assert_eq!(read(&"[".repeat(1 << 20)), unfit("nests more than 256 levels"));
    assert!(read(&"1".repeat(MAX_DIGITS)).is_ok());
    let long = format!("0.{}", "1".repeat(MAX_DIGITS));
    assert_eq!(read(&long), unfit("has a number of more than 1000 digits"));
}

#[test]
fn the_elements_left_are_counted() {
    for (text, count) in [
        ("1]", 1),
        (" 2,3 ],4", 2),
        (r#"[1,2],{"a":3,"b":[]},"],\\\","]"#, 3),
        (r#""\"#, 1),
        ("\"", 1),
        ("", 1),
        ("1,}", 2),
    ] {
        assert_eq!(elements_left(text.as_bytes()), count, "{text}");
    }
}

#[test]
fn a_long_array_is_parsed_as_a_short_one() {
    let same = Filter::compile(".").unwrap();
    for len in [LONG - 1, LONG, LONG + 1, 3 * LONG] {
        let flat = format!("[{}]", vec!["1"; len].join(","));
        let nested = format!("[1,[{}]]", vec!["[2]"; len].join(","));
        for text in [flat.clone(), format!("{{\"a\":[{flat},\"],\",{flat}],\"b\":2}}"), nested] {
            let outputs = same.run(text.as_bytes(), FilterLimits::for_document(text.len(), 1 << 20)).unwrap();
            assert!(outputs.iter().eq([text.as_str()]), "{len}");
        }
        assert_eq!(read(&flat.replace("1]", "1,]")), Err(ParseError::Invalid));
        assert_eq!(read(&flat[..flat.len() - 1]), Err(ParseError::Invalid));
    }
}

#[test]
fn a_long_array_takes_memory_once() {
    let flat = format!("[{}1]", "1,".repeat(1 << 20));
    for text in [flat.clone(), format!("{{\"items\":{flat},\"next\":1}}")] {
        let running = meter::start(FilterLimits::for_document(text.len(), 0));
        drop(parse(text.as_bytes(), Syntax::Json).unwrap());
        drop(running);
        let (_, peak) = meter::live_and_peak();
        assert!(peak < (1 << 20) * 18 + (1 << 20), "{peak}");
    }
}
