use bytes::Bytes;

use crate::sip::wire::{
    BadHeader, Fault, MAX_HEADERS, MAX_LIST, MAX_MESSAGE, Message, fuzz, parse,
};

const HEAD: &str = "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:a@h>;tag=1\r\n\
                    To: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n";
const LINES: usize = 5;

fn with(more: &str) -> Result<Message, Fault> {
    parse(Bytes::from(format!("{HEAD}{more}\r\n"))).map_err(|error| error.what)
}

#[test]
fn headers_are_limited_in_number() {
    assert!(with(&"X: y\r\n".repeat(MAX_HEADERS - LINES)).is_ok());
    let too_many = with(&"X: y\r\n".repeat(MAX_HEADERS - LINES + 1));
    assert_eq!(too_many, Err(Fault::TooManyHeaders));
}

#[test]
fn lists_are_limited_in_number() {
    for (name, value) in [
        ("Via", "SIP/2.0/UDP h"),
        ("Contact", "<sip:h>"),
        ("Route", "<sip:h;lr>"),
        ("Record-Route", "<sip:h;lr>"),
    ] {
        let first = usize::from(name == "Via");
        let list = |n: usize| format!("{name}: {}\r\n", vec![value; n - first].join(","));
        assert!(with(&list(MAX_LIST)).is_ok(), "{name}");
        let too_many = Err(Fault::Header(BadHeader::TooMany(name)));
        assert_eq!(with(&list(MAX_LIST + 1)), too_many, "{name}");
    }
    // Headers that are read when somebody asks for them cost nothing before.
    let accepts = format!("Accept: {}\r\n", vec!["a/b"; 5_000].join(","));
    assert!(with(&accepts).is_ok());
}

#[test]
fn messages_are_limited_in_length() {
    let mut longest = format!("{HEAD}\r\n").into_bytes();
    longest.resize(MAX_MESSAGE, b'x');
    assert!(parse(Bytes::from(longest.clone())).is_ok());
    longest.push(b'x');
    assert_eq!(parse(Bytes::from(longest)).unwrap_err().what, Fault::TooLong);
}

#[test]
fn numbers_have_their_ranges() {
    let cseq = |number: &str| {
        let text = format!("{HEAD}\r\n").replace("CSeq: 1 ", &format!("CSeq: {number} "));
        parse(Bytes::from(text)).is_ok()
    };
    for (number, is_good) in [
        ("0", true),
        ("0009", true),
        ("4294967295", true),
        ("4294967296", false),
        ("-1", false),
        ("+1", false),
        ("1.0", false),
        ("99999999999999999999999999", false),
        ("", false),
    ] {
        assert_eq!(cseq(number), is_good, "{number}");
    }
    for (line, is_good) in [
        ("Max-Forwards: 255\r\n", true),
        ("Max-Forwards: 256\r\n", false),
        ("Max-Forwards: \r\n", false),
        ("Max-Forwards: 1\r\nMax-Forwards: 1\r\n", false),
        ("Content-Length: 0\r\n", true),
        ("Content-Length: 1\r\n", false),
        ("Content-Length: 0x0\r\n", false),
        ("Content-Length: +0\r\n", false),
        ("Content-Length: 0, 0\r\n", false),
        ("Content-Length: 0\r\nl: 0\r\n", false),
    ] {
        assert_eq!(with(line).is_ok(), is_good, "{line}");
    }
}

/// Each of these would take minutes if anything in the parser were quadratic.
#[test]
fn hostile_lengths_take_no_time() {
    for piece in [
        "\"",
        "\\",
        "\"\\\u{1}",
        "<",
        ">",
        ",",
        ";",
        ";a",
        "=",
        ":",
        "[",
        "@",
        "%",
        " ",
        "\t",
        "\r\n ",
        "a, ",
        "\"\"",
        "x=\"",
        "(",
        "SIP/2.0/UDP h,",
        "<sip:h>,",
        ";a=\"b\"",
    ] {
        for name in ["Via", "From", "Contact", "Route", "Authorization", "WWW-Authenticate", "X"] {
            let hostile = piece.repeat(50_000 / piece.len());
            fuzz(format!("{HEAD}{name}: {hostile}\r\n\r\n").as_bytes());
            fuzz(format!("{HEAD}{name}: <sip:{hostile}>\r\n\r\n").as_bytes());
            fuzz(format!("{HEAD}{name}: Digest a=b, {hostile}\r\n\r\n").as_bytes());
        }
    }
}
