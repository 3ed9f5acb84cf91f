//! The text forms by themselves: round trips, refusals, and no panic on any bytes.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::cbor_item::{self, Item};
use super::form::Node;
use super::rest::split_list;
use super::xml_tree::{self, Element};
use super::{json_text, scalar, time, uri};
use crate::ReadError;
use crate::catalogue::{Kind, TimestampFormat};

fn is_ambiguous<T: std::fmt::Debug>(read: Result<T, ReadError>) {
    assert!(matches!(read, Err(ReadError::Ambiguous(_))), "{read:?}");
}
fn is_malformed<T: std::fmt::Debug>(read: Result<T, ReadError>) {
    assert!(matches!(read, Err(ReadError::Malformed(_))), "{read:?}");
}
fn is_too_large<T: std::fmt::Debug>(read: Result<T, ReadError>) {
    assert!(matches!(read, Err(ReadError::TooLarge(_))), "{read:?}");
}

#[test]
fn json_refuses_a_key_twice_at_any_depth() {
    is_ambiguous(json_text::read(br#"{"a":1,"a":1}"#));
    is_ambiguous(json_text::read(br#"{"x":[{"y":{"b":1,"c":2,"b":3}}]}"#));
    // The same key written in two ways is the same key.
    is_ambiguous(json_text::read(br#"{"a":1,"\u0061":2}"#));
    assert!(json_text::read(br#"{"a":{"a":1},"b":[{"a":1},{"a":2}]}"#).is_ok());
}

#[test]
fn json_refuses_what_is_not_one_value() {
    for text in ["", "{", "{}{}", "{} x", "[1,]", "{\"a\":NaN}", "{'a':1}", "\"\\ud800\"", "{\"a\":1}\0"] {
        is_malformed(json_text::read(text.as_bytes()));
    }
    is_malformed(json_text::read(b"\"\xff\""));
    is_malformed(json_text::read(b"\xef\xbb\xbf{}"));
    is_too_large(json_text::read(format!("{}{}", "[".repeat(2000), "]".repeat(2000)).as_bytes()));
    is_too_large(json_text::read(format!("[{}1]", "1,".repeat(super::MAX_VALUES)).as_bytes()));
}

#[test]
fn an_error_does_not_repeat_a_value() {
    let error = json_text::read(br#"{"Password":"hunter2" oops}"#).unwrap_err().to_string();
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn cbor_reads_the_examples_of_rfc_8949() {
    let read = |hex: &str| {
        let digits: Vec<u8> = hex.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
        let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        cbor_item::read(&bytes)
    };
    assert_eq!(read("1903e8"), Ok(Item::Integer(1000)));
    assert_eq!(read("3bffffffffffffffff"), Ok(Item::Integer(-18_446_744_073_709_551_616)));
    assert_eq!(read("f93e00"), Ok(Item::Float(1.5)));
    assert_eq!(read("f90001"), Ok(Item::Float(5.960_464_477_539_063e-8)));
    assert_eq!(read("f9c400"), Ok(Item::Float(-4.0)));
    assert_eq!(read("f97c00"), Ok(Item::Float(f64::INFINITY)));
    assert_eq!(read("fa47c35000"), Ok(Item::Float(100_000.0)));
    assert_eq!(read("fb3ff199999999999a"), Ok(Item::Float(1.1)));
    assert_eq!(read("c11a514b67b0"), Ok(Item::Time(Box::new(Item::Integer(1_363_896_240)))));
    assert_eq!(read("7f657374726561646d696e67ff"), Ok(Item::Text("streaming".to_owned())));
    assert_eq!(read("5f42010243030405ff"), Ok(Item::Bytes(vec![1, 2, 3, 4, 5])));
    let nested = Item::Map(vec![
        ("a".to_owned(), Item::Integer(1)),
        ("b".to_owned(), Item::Array(vec![Item::Integer(2), Item::Integer(3)])),
    ]);
    assert_eq!(read("bf61610161629f0203ffff"), Ok(nested));
    assert_eq!(read("f7"), Ok(Item::Null));
}

#[test]
fn cbor_refuses_what_can_be_read_in_two_ways() {
    is_ambiguous(cbor_item::read(b"\xa2\x61a\x01\x61a\x02"));
    is_ambiguous(cbor_item::read(b"\xa1\x61x\xbf\x61a\x01\x61a\x02\xff"));
    // Trailing bytes, an integer key, a tag, a length beyond the end, a break outside, a chunk of another kind.
    for bytes in [
        b"\xa0\x00".as_slice(),
        b"\xa1\x01\x02",
        b"\xc2\x41\x01",
        b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xff",
        b"\x5f\x61a\xff",
        b"\x5f\x41a",
        b"\x62\xff\xfe",
        b"\x1c",
        b"\xf8\x20",
        b"",
    ] {
        is_malformed(cbor_item::read(bytes));
    }
    is_too_large(cbor_item::read(&[vec![0x81; 2000], vec![0x00]].concat()));
    is_too_large(cbor_item::read(&vec![0x9f; 2000]));
}

#[test]
fn xml_refuses_what_two_parsers_could_read_differently() {
    let read = |text: &str| xml_tree::read(text.as_bytes(), true);
    for text in [
        "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        "<a>&x;</a>",
        "<a><!-- --></a>",
        "<a>b<!-- -->c</a>",
        "<?pi?><a/>",
        "<a/><b/>",
        "<a/>text",
        "<a><b></a></b>",
        "<a>",
        "",
        "<a b='1' b='2'/>",
        "<a>&#0;</a>",
        "<a>&#x1;</a>",
        "<a>\u{1}</a>",
        "<?xml version='1.0' encoding='UTF-16'?><a/>",
        "<a>text<b/></a>",
    ] {
        is_malformed(read(text));
    }
    is_ambiguous(read("<x:a xmlns:x='urn:evil'/>"));
    is_too_large(read(&format!("{}{}", "<a>".repeat(2000), "</a>".repeat(2000))));
    is_malformed(xml_tree::read(b"<a>\xff</a>", true));
    let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<a xmlns='u'>\r\n <b>x &amp; &#65;<![CDATA[<y>]]>\r\nz</b>\n</a>\n";
    assert_eq!(read(text).unwrap().child("b").unwrap().text, "x & A<y>\nz");
}

#[test]
fn a_form_is_a_tree_without_repeated_keys() {
    let tree = Node::read("A.1.B=x+y&A.2=&C=%C3%A9").unwrap();
    assert_eq!(tree.children["A"].children["1"].children["B"].value.as_deref(), Some("x y"));
    assert_eq!(tree.children["C"].value.as_deref(), Some("é"));
    is_ambiguous(Node::read("a=1&b=2&a=1"));
    is_ambiguous(Node::read("a=1&%61=2"));
    is_ambiguous(Node::read("a=1;b=2"));
    is_malformed(Node::read("a..b=1"));
    is_malformed(Node::read("=1"));
    is_malformed(Node::read("a=%4"));
    is_malformed(Node::read("a=%zz"));
    is_malformed(Node::read("a=%ff"));
    is_too_large(Node::read(&format!("{}a=1", "a.".repeat(2000))));
}

#[test]
fn one_instant_has_one_text() {
    use TimestampFormat::{Iso8601, Rfc822, Unix};
    let read = |text, format| time::from_text(text, format).unwrap();
    assert_eq!(read("2026-01-01T00:00:00Z", Iso8601), "2026-01-01T00:00:00Z");
    assert_eq!(read("2026-01-01T02:00:00.500+02:00", Iso8601), "2026-01-01T00:00:00.5Z");
    assert_eq!(read("1767225600", Unix), "2026-01-01T00:00:00Z");
    assert_eq!(read("1767225600.250", Unix), "2026-01-01T00:00:00.25Z");
    assert_eq!(read("-1.5", Unix), "1969-12-31T23:59:58.5Z");
    assert_eq!(read("Thu, 01 Jan 2026 00:00:00 GMT", Rfc822), "2026-01-01T00:00:00Z");
    for (text, format) in [
        ("2026-01-01", Iso8601),
        ("2026-13-01T00:00:00Z", Iso8601),
        ("2026-01-01T00:00:00", Iso8601),
        ("2026-01-01T00:00:00Z[UTC]", Iso8601),
        ("1e9", Unix),
        ("", Unix),
        ("99999999999999999999", Unix),
        ("Thu", Rfc822),
    ] {
        assert_eq!(time::from_text(text, format), None, "{text}");
    }
    assert_eq!(time::to_wire("2026-01-01T00:00:00Z", Unix), Some(json!(1_767_225_600)));
    assert_eq!(time::to_wire("1969-12-31T23:59:58.5Z", Unix), Some(json!(-1.5)));
    assert_eq!(time::to_wire("2026-01-01T00:00:00Z", Rfc822), Some(json!("Thu, 01 Jan 2026 00:00:00 GMT")));
    assert_eq!(time::to_wire("2026-01-01T00:00:00.5Z", Rfc822), None);
}

#[test]
fn header_lists_part_at_commas_outside_quotes() {
    let split = |text| split_list(text).unwrap();
    assert_eq!(split("a, b ,c\\"), ["a", "b", "c\\"]);
    assert_eq!(split(r#""a,b" , "c\"d", e"f"#), ["a,b", "c\"d", "e\"f"]);
    assert_eq!(split(""), [""]);
    for text in [r#""a"#, r#""a\"#, r#""a\b""#, r#""a\\""#, r#""a" b"#] {
        assert_eq!(split_list(text), None, "{text}");
    }
}

#[test]
fn numbers_have_one_spelling() {
    use super::walk::Path;
    let read = |kind: Kind, text: &str| scalar::from_text(&kind, text, TimestampFormat::Iso8601, &Path::Root);
    assert_eq!(read(Kind::Integer, "-7"), Ok(json!(-7)));
    for text in ["+7", "007", "7.0", "0x7", "", "99999999999999999999", "١"] {
        is_malformed(read(Kind::Long, text));
    }
    assert_eq!(read(Kind::Double, "5"), Ok(json!(5.0)));
    assert_eq!(read(Kind::Double, "NaN"), Ok(json!("NaN")));
    for text in ["nan", "inf", "infinity", "1e999", "1_0", ""] {
        is_malformed(read(Kind::Double, text));
    }
    is_malformed(read(Kind::Boolean, "1"));
    is_malformed(read(Kind::Blob { streaming: false }, "a"));
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(".*", inner, 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn cbor_value() -> impl Strategy<Value = Item> {
    let leaf = prop_oneof![
        Just(Item::Null),
        any::<bool>().prop_map(Item::Bool),
        any::<i64>().prop_map(|number| Item::Integer(number.into())),
        prop::num::f64::NORMAL.prop_map(Item::Float),
        ".*".prop_map(Item::Text),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(Item::Bytes),
        any::<i32>().prop_map(|at| Item::Time(Box::new(Item::Integer(at.into())))),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Item::Array),
            prop::collection::hash_map(".*", inner, 0..6)
                .prop_map(|entries| Item::Map(entries.into_iter().collect())),
        ]
    })
}

fn xml_value() -> impl Strategy<Value = Element> {
    let text = "[^\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}\u{fffe}\u{ffff}]*";
    let leaf =
        ("[A-Za-z][A-Za-z0-9._-]{0,9}", text, prop::collection::btree_map("[a-w][a-z]{0,9}", text, 0..3))
            .prop_map(|(name, text, attributes)| Element {
                attributes: attributes.into_iter().collect(),
                ..Element::text(&name, &text)
            });
    leaf.prop_recursive(6, 64, 6, |inner| {
        ("[A-Za-z][A-Za-z0-9._-]{0,9}", prop::collection::vec(inner, 0..6))
            .prop_map(|(name, children)| Element { children, ..Element::text(&name, "") })
    })
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = json_text::read(&bytes);
        let _ = cbor_item::read(&bytes);
        let _ = xml_tree::read(&bytes, true);
        let _ = xml_tree::read(&bytes, false);
        let text = String::from_utf8_lossy(&bytes);
        let _ = Node::read(&text);
        let _ = time::from_any_text(&text);
        let _ = split_list(&text);
        let _ = uri::decode(&text, true);
    }

    #[test]
    fn no_markup_makes_a_reader_panic(text in "[<>/a-c&;#x!?\\[\\]\" '=0-9.\\-+TZ:,{}]{0,80}") {
        let _ = json_text::read(text.as_bytes());
        let _ = xml_tree::read(text.as_bytes(), true);
        let _ = Node::read(&text);
        let _ = time::from_any_text(&text);
        let _ = split_list(&text);
    }

    #[test]
    fn json_survives(value in json_value()) {
        prop_assert_eq!(json_text::read(value.to_string().as_bytes()), Ok(value));
    }

    #[test]
    fn cbor_survives(item in cbor_value()) {
        let mut bytes = Vec::new();
        cbor_item::write(&item, &mut bytes);
        prop_assert_eq!(cbor_item::read(&bytes), Ok(item));
    }

    #[test]
    fn xml_survives(element in xml_value()) {
        let mut text = String::new();
        xml_tree::write(&element, &[], &mut text);
        prop_assert_eq!(xml_tree::read(text.as_bytes(), true), Ok(element));
    }

    #[test]
    fn pairs_survive(pairs in prop::collection::vec((".+", ".*"), 0..9)) {
        prop_assert_eq!(uri::pairs(&uri::write_pairs(&pairs)), Ok(pairs.clone()));
        prop_assert_eq!(uri::pairs(&uri::write_form(&pairs)), Ok(pairs));
    }

    #[test]
    fn instants_survive(seconds in -62_135_596_800_i64..253_402_300_799, millis in 0_u32..1000) {
        let at = format!("{seconds}.{millis:03}");
        if let Some(text) = time::from_text(&at, TimestampFormat::Unix) {
            for format in [TimestampFormat::Unix, TimestampFormat::Iso8601] {
                let back = match time::to_wire(&text, format).unwrap() {
                    Value::Number(number) => time::from_number(&number),
                    text => time::from_text(text.as_str().unwrap(), format),
                };
                prop_assert_eq!(back.as_ref(), Some(&text));
            }
        }
    }
}
