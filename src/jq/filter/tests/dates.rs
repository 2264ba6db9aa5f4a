//! Dates, as jq calculates with them.

use super::{fails, yields};

#[test]
fn dates_are_written_and_read() {
    yields("todate, (gmtime | todate, mktime)", "0", &["\"1970-01-01T00:00:00Z\"", "\"1970-01-01T00:00:00Z\"", "0"]);
    yields("todate | ., fromdate", "1425599621", &["\"2015-03-05T23:53:41Z\"", "1425599621"]);
    yields("dateadd(\"seconds\"; 10), datesub(\"seconds\"; 10), date", "0", &["10", "-10", "\"1970-01-01T00:00:00Z\""]);
    let parsed = "[2015,2,5,23,51,47,4,63]";
    yields("strptime(\"%Y-%m-%dT%H:%M:%SZ\") | ., mktime", "\"2015-03-05T23:51:47Z\"", &[parsed, "1425599507"]);
    yields("strptime(\"%Y-%m-%dT%H:%M:%S%z\")", "\"2015-03-05T23:51:47+0200\"", &[parsed]);
    yields(
        "strptime(\"%Y %j\"), (\"12/31/99\" | strptime(\"%D\"))",
        "\"2015 64\"",
        &["[2015,2,5,0,0,0,4,63]", "[1999,11,31,0,0,0,5,364]"],
    );
    yields("strftime(\"%S %s %Z %z %A %j\")", "1425599621", &["\"41 1425599621 UTC +0000 Thursday 064\""]);
    yields("strftime(\"%c|%x|%X|%+\")", "1425599621", &["\"Thu Mar  5 23:53:41 2015|03/05/15|23:53:41|%+\""]);
    yields("fromdate", "\"2015-03-05T23:51:47.5+01:00\"", &["1425595907.5"]);
}

#[test]
fn dates_have_fractions_of_seconds() {
    yields("gmtime", "1425599621.678", &["[2015,2,5,23,53,41.67799997329712,4,63]"]);
    yields(
        "todate, (gmtime | mktime, todate)",
        "1425599621.678",
        &["\"2015-03-05T23:53:41Z\"", "1425599621", "\"2015-03-05T23:53:41Z\""],
    );
    yields("todate, (gmtime | .[5])", "-1.5", &["\"1969-12-31T23:59:59Z\"", "59.5"]);
}

#[test]
fn parts_of_dates_carry_over() {
    yields("mktime, todate", "[2024,13,32,25,61,61]", &["1741140121", "\"2025-03-05T02:02:01Z\""]);
    yields("mktime", "[2024,0,1,1,1,1.9,0,0]", &["1704070861"]);
    yields("mktime", "[2024,1.9,1.9,1.9,1,1.9,0,0]", &["1706749261"]);
    yields("mktime", "[2024,-1,0,-1,0,0,0,0]", &["1701298800"]);
    yields("mktime", "[1970,0,1,0,0,-1,0,0]", &["-1"]);
}

#[test]
fn dates_out_of_range_are_errors() {
    let filters = [
        "1425599621000000000 | gmtime",
        "[12015, 127, 1, 0, 0, 0, 0, 0] | mktime",
        "[2015, 1e300, -infinite, 0, 0, 0, 0, 0] | mktime",
        "[2015, nan, 1, 0, 0, 0, 0, 0] | todate",
        "1e300 | strftime(\"%Y\")",
        "nan | localtime",
        "-1e12 | todate",
        "253402300799 | localtime",
        "9223372036854775807 | gmtime",
    ];
    for filter in filters {
        fails(filter, "null", "within the years 0 to 9999");
    }
    fails("0 | strftime(\"%c\" * 1000)", "null", "at most 1000 characters");
    fails("\"1\" * 5000 | strptime(\"%Y\")", "null", "date \"111");
    fails("\"1\" * 5000 | fromdate", "null", "not a date");
}

#[test]
fn what_is_not_a_date_is_an_error() {
    fails("mktime", "[2024,0,1]", "mktime requires an array of 6 numbers");
    fails("mktime", "[\"a\",0,1,1,1,1]", "mktime requires an array of 6 numbers");
    fails("mktime", "\"a\"", "mktime requires an array of 6 numbers");
    fails("gmtime", "\"a\"", "gmtime requires a number");
    fails("strftime(\"%Y\")", "{}", "strftime requires a number or an array of 6 numbers");
    fails("strftime(1)", "0", "strftime requires a string as format");
    fails("strptime(\"%Y\")", "0", "strptime requires a string");
    fails("strptime(\"%Y\")", "\"x\"", "date \"x\" does not match the format \"%Y\"");
    fails("fromdate", "\"x\"", "not a date in the format of RFC 3339: \"x\"");
}

#[test]
fn time_zones_are_read_as_they_are_written() {
    let parsed = "[2024,0,15,10,0,0,1,14]";
    let texts = r#"["2024-01-15T10:00:00+02:00","2024-01-15T10:00:00+0200","2024-01-15T10:00:00Z"]"#;
    yields("unique_by(strptime(\"%Y-%m-%dT%H:%M:%S%z\"))[] | strptime(\"%FT%T%z\")", texts, &[parsed]);
    let texts = r#"["Mon, 15 Jan 2024 10:00:00 GMT","Mon, 15 Jan 2024 10:00:00 UTC","Mon, 15 Jan 2024 10:00:00 Z"]"#;
    yields("map(strptime(\"%a, %d %b %Y %T %Z\")) | unique[]", texts, &[parsed]);
    yields("strptime(\"%%Z %Y-%m-%d\")", "\"%Z 2024-01-15\"", &["[2024,0,15,0,0,0,1,14]"]);
    fails("strptime(\"%F %Z\")", "\"2024-01-15 CET\"", "does not match the format");
    yields("[2024,12,40,0,0,0,0,0] | mktime | todate", "null", &["\"2025-02-09T00:00:00Z\""]);
    fails("fromdate", "\"9999-12-31T23:59:59Z\"", "not a date in the format of RFC 3339");
}
