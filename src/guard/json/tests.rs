use proptest::prelude::*;

use super::*;

fn nested(open: &str, levels: usize, close: &str) -> String {
    format!("{}0{}", open.repeat(levels), close.repeat(levels))
}

fn check(json: impl AsRef<[u8]>) -> Result<(), Unfit> {
    let json = json.as_ref();
    assert!(serde_json::from_slice::<serde::de::IgnoredAny>(json).is_ok(), "{:?}", String::from_utf8_lossy(json));
    embeddable(json, IN_RECORD)
}

#[test]
fn a_line_nests_as_deep_as_jq_reads() {
    for (json, fits) in [
        (nested("[", 249, "]"), true),
        (nested("[", 250, "]"), false),
        (nested(r#"{"a":"#, 124, "}"), true),
        (nested(r#"{"a":"#, 125, "}"), false),
        (nested(r#"[{"a":"#, 83, "}]"), true),
        (nested(r#"[{"a":"#, 84, "}]"), false),
        (format!("[{}]", vec![nested("[", 248, "]"); 9].join(",")), true),
        (format!("[{}]", nested(r#"["]","\"]","#, 249, "]")), false),
        (format!("[{:?}]", "[{".repeat(1000)), true),
        (format!("{{{:?}:{:?}}}", "\"[\\".repeat(1000), "\\\"{".repeat(1000)), true),
        (nested("[", 1_000_000, "]"), false),
    ] {
        let expected = if fits { Ok(()) } else { Err(Unfit::Deep(249)) };
        assert_eq!(check(&json), expected, "{}", &json[..json.len().min(80)]);
    }
    assert_eq!(embeddable(nested("[", 248, "]").as_bytes(), IN_LIST), Ok(()));
    assert_eq!(embeddable(nested("[", 249, "]").as_bytes(), IN_LIST), Err(Unfit::Deep(248)));
}

#[test]
fn surrogates_come_in_pairs() {
    for (json, fits) in [
        (r#""\ud800""#, false),
        (r#""\uDFFF""#, false),
        (r#""\uD83D\uDE00""#, true),
        (r#""\ud83d\ude00\ud83d\ude00""#, true),
        (r#""\ud83d\ude00\ude00""#, false),
        (r#""\ud83d\ud83d\ude00""#, false),
        (r#""\ude00\ud83d""#, false),
        (r#""\ud83dA""#, false),
        (r#""\ud83d\u0041""#, false),
        (r#""\ud83d \ude00""#, false),
        (r#""\ud83d\\ude00""#, false),
        (r#""\\ud800""#, true),
        (r#""\\\ud800""#, false),
        (r#""\\\\ud800""#, true),
        (r#""\ud7ff\ue000""#, true),
        (r#"["\ud83d","\ude00"]"#, false),
        (r#"{"\ud800":1}"#, false),
        (r#"{"\ud83d":"\ude00"}"#, false),
        (r#""ud800 \n\u0000""#, true),
    ] {
        assert_eq!(check(json), if fits { Ok(()) } else { Err(Unfit::Surrogate) }, "{json}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(json).is_ok(), fits, "{json}");
    }
}

#[test]
fn numbers_have_at_most_1000_digits() {
    let ones = |n: usize| "1".repeat(n);
    for (number, fits) in [
        (format!("0.{}", ones(999)), true),
        (format!("-0.{}", ones(999)), true),
        (format!("0.{}", ones(1000)), false),
        (format!("0.{}e-1", ones(998)), true),
        (format!("0.{}E-10", ones(998)), false),
        (format!("1e-{}", "0".repeat(999)), true),
        (format!("1e-{}", "0".repeat(1000)), false),
    ] {
        let expected = if fits { Ok(()) } else { Err(Unfit::LongNumber) };
        assert_eq!(check(&number), expected, "{number}");
        assert_eq!(check(format!(r#"{{"a":[{number}, 2]}}"#)), expected, "{number}");
        assert_eq!(check(format!(r#"["{number}"]"#)), Ok(()), "{number}");
    }
}

#[test]
fn numbers_fit_a_double() {
    let ones = |n: usize| "1".repeat(n);
    for (number, fits) in [
        ("1e308".into(), true),
        ("1e309".into(), false),
        ("-1E+400".into(), false),
        ("1e-400".into(), true),
        ("1e-99999999999".into(), true),
        ("0e99999999999".into(), true),
        ("1E+0000000000000000001".into(), true),
        ("1.7976931348623157e308".into(), true),
        ("1.7976931348623159e308".into(), false),
        (ones(309), true),
        (ones(310), false),
        (format!("-{}", ones(400)), false),
        (format!("{}e-200", ones(400)), true),
        (format!("0.{}1e400", "0".repeat(100)), true),
        ("12345678901234567890123456789.5".into(), true),
        ("-0".into(), true),
    ] {
        let expected = if fits { Ok(()) } else { Err(Unfit::LargeNumber) };
        let number: String = number;
        assert_eq!(check(&number), expected, "{number}");
        assert_eq!(check(format!(r#"{{"a":[{number}, 2]}}"#)), expected, "{number}");
        assert_eq!(check(format!(r#"["{number}"]"#)), Ok(()), "{number}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&number).is_ok(), fits, "{number}");
    }
}

#[test]
fn control_characters_count_with_their_escapes() {
    for text in ["", "abc", "\"\\\n\r\t\u{8}\u{c}", "\0\u{1}\u{1f}\u{7f}", "naïve – 文字 🦀"] {
        assert_eq!(escaped_len(text) + 2, serde_json::to_string(text).unwrap().len(), "{text:?}");
    }
    assert_eq!(escaped_len("\u{2028}\u{2029}\u{85}"), 18);
}

#[test]
fn text_may_grow_to_three_times_its_size() {
    let (size, slack) = (100_000, 4096);
    let controls = |n: usize| "\x01".repeat(n) + &"a".repeat(size - n);
    let most = (2 * size + slack) / 5;
    assert!(fits_as_text(&controls(most), size));
    assert!(!fits_as_text(&controls(most + 1), size));
    assert!(fits_as_text(&"\n\"".repeat(size / 2), size));
    assert!(fits_as_text(&"\x01".repeat(slack / 3), slack / 3), "what is small may grow");
}

/// What [`embeddable`] computes, character by character.
fn embeddable_naive(json: &str, depth: usize) -> Result<(), Unfit> {
    let max_levels = MAX_LEVELS - depth;
    let (mut levels, mut rest) = (0_usize, json);
    while let Some(first) = rest.chars().next() {
        let mut len = first.len_utf8();
        match first {
            '"' => {
                let mut strings = serde_json::Deserializer::from_str(rest).into_iter::<&serde_json::value::RawValue>();
                let text = strings.next().unwrap().unwrap().get();
                if serde_json::from_str::<String>(text).is_err() {
                    return Err(Unfit::Surrogate);
                }
                len = text.len();
            }
            '[' | '{' => levels += if first == '{' { 2 } else { 1 },
            ']' | '}' => levels -= if first == '}' { 2 } else { 1 },
            '-' | '0'..='9' => {
                len = rest.find(|c: char| !matches!(c, '0'..='9' | '.' | 'e' | 'E' | '+' | '-')).unwrap_or(rest.len());
                let number = &rest[..len];
                if number.matches(|c: char| c.is_ascii_digit()).count() > MAX_DIGITS {
                    return Err(Unfit::LongNumber);
                }
                if !number.parse::<f64>().unwrap().is_finite() || serde_json::from_str::<f64>(number).is_err() {
                    return Err(Unfit::LargeNumber);
                }
            }
            _ => {}
        }
        if levels > max_levels {
            return Err(Unfit::Deep(max_levels));
        }
        rest = &rest[len..];
    }
    Ok(())
}

fn json_text() -> impl Strategy<Value = String> {
    let string = "(\\\\\\\\|\\\\\"|\\\\n|\\\\u[dD][89abAB][0-9a-f]{2}\\\\u[dD][c-fC-F][0-9a-f]{2}|\\\\u0[0-9a-f]{3}|[]\\[{}e0-9 a-zé漢,:/+.-]){0,40}";
    let wrong = "(\\\\u[dD][89abAB][0-9a-f]{2}|\\\\u[dD][c-fC-F][0-9a-f]{2}|x|\\\\\\\\){0,3}";
    let strings = prop_oneof![20 => string, 1 => wrong].prop_map(|inner| format!("\"{inner}\""));
    let numbers = prop_oneof![
        10 => "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?",
        1 => "-?[1-9][0-9]{190,400}(\\.[0-9]{1,900})?([eE]-?[0-9]{1,3})?",
        1 => "-?[1-9](\\.[0-9]{1,1100})?[eE][+-]?[0-9]{3}",
    ];
    let leaf =
        prop_oneof![4 => strings.clone(), 3 => numbers, 1 => Just("true".to_owned()), 1 => Just("false".to_owned())];
    leaf.prop_recursive(12, 200, 8, move |inner| {
        let space = " {0,30}";
        let list = (prop::collection::vec(inner.clone(), 0..8), space)
            .prop_map(|(values, space)| format!("[{space}{}]", values.join(&format!(",{space}"))));
        let members = prop::collection::vec((strings.clone(), inner.clone()), 0..5);
        let object = (members, space).prop_map(|(members, space)| {
            let members: Vec<_> = members.into_iter().map(|(key, value)| format!("{key}:{space}{value}")).collect();
            format!("{{{}{space}}}", members.join(","))
        });
        let deep = (1..200_usize, "[\\[{]", inner).prop_map(|(levels, open, inner)| match &*open {
            "[" => nested_around("[", levels, &inner, "]"),
            _ => nested_around("{\"[\":", levels / 2, &inner, "}"),
        });
        prop_oneof![4 => list, 4 => object, 1 => deep]
    })
}

fn nested_around(open: &str, levels: usize, inner: &str, close: &str) -> String {
    format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
}

proptest! {
    #[test]
    fn blocks_make_no_difference(json in json_text(), shift in 0..70_usize) {
        let json = " ".repeat(shift) + &json;
        prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&json).is_ok(), "{}", json);
        let expected = embeddable_naive(&json, IN_RECORD);
        let found = embeddable(json.as_bytes(), IN_RECORD);
        prop_assert_eq!(found.is_ok(), expected.is_ok(), "{:?} {:?} {}", found, expected, json);
    }

    #[test]
    fn line_ends_are_escaped_in_place(text in "[a\u{85}\u{2028}\u{2029}\u{2030}\u{a0}\n\"é漢]{0,50}", before in "[\u{2028}a]{0,3}") {
        let (mut line, start) = (before.clone().into_bytes(), before.len());
        serde_json::to_writer(&mut line, &text).unwrap();
        escape_line_ends(&mut line, start);
        let line = String::from_utf8(line).unwrap();
        let ends = ['\u{85}', '\u{2028}', '\u{2029}'];
        prop_assert!(line.starts_with(&before) && !line[start..].contains(ends), "{}", line);
        prop_assert_eq!(serde_json::from_str::<String>(&line[start..]).unwrap(), &*text);
        prop_assert_eq!(escaped_len(&text) + 2, line.len() - start);
    }
}
