use super::*;

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
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(read(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(read(&nested(MAX_DEPTH + 1)), Err(ParseError::Unfit("nests more than 256 levels")));
    assert_eq!(read(&"[".repeat(1 << 20)), Err(ParseError::Unfit("nests more than 256 levels")));
    assert!(read(&"1".repeat(MAX_DIGITS)).is_ok());
    let long = format!("0.{}", "1".repeat(MAX_DIGITS));
    assert_eq!(read(&long), Err(ParseError::Unfit("has a number of more than 1000 digits")));
}
