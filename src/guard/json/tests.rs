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
