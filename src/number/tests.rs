use proptest::prelude::*;

use crate::number::{Home, Kind, read};

fn home() -> Home {
    Home { area_code: "0770".to_owned() }
}

/// Rows of what came, what it is, normal form, display form and region (`-`: none).
fn check(rows: &[(&str, Kind, &str, &str, &str)]) {
    for (raw, kind, normal, display, region) in rows {
        let number = read(raw, &home());
        let got = (number.kind, &*number.normal, &*number.display);
        assert_eq!(got, (*kind, *normal, *display), "{raw:?}");
        assert_eq!(number.region.as_deref().unwrap_or("-"), *region, "{raw:?}");
        assert_eq!(number.raw, *raw);
    }
}

const MOBILE: (Kind, &str, &str, &str) = (Kind::Mobile, "+8613977012345", "139 7701 2345", "-");
const FCG: (Kind, &str, &str, &str) = (Kind::Landline, "+867702821234", "0770-2821234", "0770");

/// Many ways to write one number.
fn check_same(ways: &[&str], expected: (Kind, &str, &str, &str)) {
    let (kind, normal, display, region) = expected;
    for raw in ways {
        check(&[(raw, kind, normal, display, region)]);
    }
}

#[test]
fn one_mobile_written_in_many_ways() {
    check_same(
        &[
            "13977012345",
            "013977012345",
            "+8613977012345",
            "8613977012345",
            "008613977012345",
            "+008613977012345",
            "+86013977012345",
            "%2B8613977012345",
            "%2b8613977012345",
            "+86-139-7701-2345",
            "+86 139 7701 2345",
            "(+86)13977012345",
            "139.7701.2345",
            "１３９７７０１２３４５",
            "＋8613977012345",
            "tel:+86-139-7701-2345",
            "tel:13977012345;phone-context=+86",
            "TEL:+8613977012345",
            "sip:+8613977012345@gx.ims.example.cn;user=phone",
            "sips:13977012345@10.1.1.1:5061",
            "sip:013977012345@10.1.1.1",
            "<sip:+8613977012345@10.1.1.1;user=phone>;tag=x",
            "\"Zhang < San\" <tel:13977012345>",
            "+8613977012345;cpc=ordinary",
            "1795113977012345",
            "1791113977012345",
            "17909013977012345",
            "1259313977012345",
            "1019313977012345",
            "17951008613977012345",
        ],
        MOBILE,
    );
    check(&[
        ("19912345678", Kind::Mobile, "+8619912345678", "199 1234 5678", "-"),
        ("17951123456", Kind::Mobile, "+8617951123456", "179 5112 3456", "-"),
        ("16600001111", Kind::Mobile, "+8616600001111", "166 0000 1111", "-"),
    ]);
}

#[test]
fn one_fixed_line_written_in_many_ways() {
    check_same(
        &[
            "2821234",
            "282-1234",
            "07702821234",
            "0770-2821234",
            "（0770）2821234",
            "7702821234",
            "867702821234",
            "+867702821234",
            "+86 770 282 1234",
            "+8607702821234",
            "00867702821234",
            "1795107702821234",
            "179512821234",
            "sip:07702821234@10.1.1.1",
            "tel:+86-770-2821234",
        ],
        FCG,
    );
    check(&[
        ("01062345678", Kind::Landline, "+861062345678", "010-62345678", "010"),
        ("1062345678", Kind::Landline, "+861062345678", "010-62345678", "010"),
        ("+861062345678", Kind::Landline, "+861062345678", "010-62345678", "010"),
        ("02161234567", Kind::Landline, "+862161234567", "021-61234567", "021"),
        ("2161234567", Kind::Landline, "+862161234567", "021-61234567", "021"),
        ("075528881234", Kind::Landline, "+8675528881234", "0755-28881234", "0755"),
        ("75528881234", Kind::Landline, "+8675528881234", "0755-28881234", "0755"),
        ("8675528881234", Kind::Landline, "+8675528881234", "0755-28881234", "0755"),
        ("08592234567", Kind::Landline, "+868592234567", "0859-2234567", "0859"),
        ("28212345", Kind::Landline, "+8677028212345", "0770-28212345", "0770"),
        ("86123456", Kind::Landline, "+8677086123456", "0770-86123456", "0770"),
    ]);
}

#[test]
fn local_numbers_belong_to_the_tenants_city() {
    for (area_code, normal, region) in [
        ("0771", "+867715501234", Some("0771")),
        ("010", "+86105501234", Some("010")),
        ("", "5501234", None),
    ] {
        let number = read("5501234", &Home { area_code: area_code.to_owned() });
        assert_eq!((&*number.normal, number.region.as_deref()), (normal, region));
        assert_eq!(number.kind, Kind::Landline);
    }
}

#[test]
fn service_numbers() {
    check(&[
        ("4001234567", Kind::Service, "+864001234567", "400-123-4567", "-"),
        ("400-123-4567", Kind::Service, "+864001234567", "400-123-4567", "-"),
        ("+864001234567", Kind::Service, "+864001234567", "400-123-4567", "-"),
        ("864001234567", Kind::Service, "+864001234567", "400-123-4567", "-"),
        ("04001234567", Kind::Service, "+864001234567", "400-123-4567", "-"),
        ("040028212345", Kind::Other, "040028212345", "040028212345", "-"),
        ("040012345", Kind::Other, "040012345", "040012345", "-"),
        ("8008201234", Kind::Service, "+868008201234", "800-820-1234", "-"),
    ]);
}

#[test]
fn short_codes_are_kept_as_they_are() {
    for code in ["110", "119", "120", "122"] {
        check(&[(code, Kind::Emergency, code, code, "-")]);
    }
    for code in [
        "114", "121", "12345", "12315", "12328", "12366", "12306", "12110", "12121", "11185",
        "10000", "10010", "10086", "10099", "116114", "118114", "95588", "95598", "955880",
        "95105105", "10105555", "96110", "962288",
    ] {
        check(&[(code, Kind::Short, code, code, "-")]);
    }
    check(&[
        ("+8612345", Kind::Short, "12345", "12345", "-"),
        ("+86110", Kind::Emergency, "110", "110", "-"),
        ("sip:12345@10.1.1.1", Kind::Short, "12345", "12345", "-"),
        ("tel:12345;phone-context=0770", Kind::Short, "12345", "12345", "-"),
    ]);
}

#[test]
fn another_citys_short_code_is_its_own() {
    check(&[
        ("077012345", Kind::CityShort, "077012345", "0770-12345", "0770"),
        ("0770110", Kind::CityShort, "0770110", "0770-110", "0770"),
        ("01012345", Kind::CityShort, "01012345", "010-12345", "010"),
        ("02112345", Kind::CityShort, "02112345", "021-12345", "021"),
        ("077195588", Kind::CityShort, "077195588", "0771-95588", "0771"),
        ("077196110", Kind::CityShort, "077196110", "0771-96110", "0771"),
        ("+8677012345", Kind::CityShort, "077012345", "0770-12345", "0770"),
        ("+86077012345", Kind::CityShort, "077012345", "0770-12345", "0770"),
        ("0770-12345", Kind::CityShort, "077012345", "0770-12345", "0770"),
    ]);
}

#[test]
fn message_gateways_and_numbers_abroad() {
    check(&[
        ("106900012345", Kind::Message, "106900012345", "106900012345", "-"),
        ("10690001234567890", Kind::Message, "10690001234567890", "10690001234567890", "-"),
        ("10655020012345", Kind::Message, "10655020012345", "10655020012345", "-"),
        ("+14155552671", Kind::Foreign, "+14155552671", "+14155552671", "-"),
        ("0014155552671", Kind::Foreign, "+14155552671", "+14155552671", "-"),
        ("+85223456789", Kind::Foreign, "+85223456789", "+85223456789", "-"),
        ("0085223456789", Kind::Foreign, "+85223456789", "+85223456789", "-"),
        ("+842439341234", Kind::Foreign, "+842439341234", "+842439341234", "-"),
        ("1795100842439341234", Kind::Foreign, "+842439341234", "+842439341234", "-"),
    ]);
}

#[test]
fn callers_who_gave_no_number() {
    for raw in [
        "",
        "  ",
        "anonymous",
        "Anonymous",
        "unavailable",
        "Restricted",
        "private",
        "Unknown",
        "sip:anonymous@anonymous.invalid",
        "<sip:Anonymous@1.2.3.4>;tag=1",
        "sip:anonymous.invalid",
        "tel:",
        "sip:@10.1.1.1",
    ] {
        check(&[(raw, Kind::Withheld, "", "", "-")]);
    }
}

#[test]
fn what_fits_no_pattern_is_not_bent_into_one() {
    check(&[
        ("1001", Kind::Other, "1001", "1001", "-"),
        ("8001", Kind::Other, "8001", "8001", "-"),
        ("sip:anna@10.1.1.1", Kind::Other, "anna", "anna", "-"),
        ("u0042", Kind::Other, "u0042", "u0042", "-"),
        ("张三", Kind::Other, "张三", "张三", "-"),
        ("0", Kind::Other, "0", "0", "-"),
        ("00", Kind::Other, "00", "00", "-"),
        ("00000", Kind::Other, "+0", "+0", "-"),
        ("+", Kind::Other, "+", "+", "-"),
        ("++86110", Kind::Other, "++86110", "++86110", "-"),
        ("0770", Kind::Other, "0770", "0770", "-"),
        ("139770123456", Kind::Other, "139770123456", "139770123456", "-"),
        ("1397701234", Kind::Other, "1397701234", "1397701234", "-"),
        ("12013977012345", Kind::Other, "12013977012345", "12013977012345", "-"),
        ("+86", Kind::Other, "+86", "+86", "-"),
        ("+861397701", Kind::Other, "+861397701", "+861397701", "-"),
        ("+0123456789", Kind::Other, "+0123456789", "+0123456789", "-"),
        ("07701234567", Kind::Other, "07701234567", "07701234567", "-"),
        ("100861", Kind::Other, "100861", "100861", "-"),
        ("*98", Kind::Other, "*98", "*98", "-"),
        ("123%", Kind::Other, "123%", "123%", "-"),
        ("%00110", Kind::Other, "%00110", "%00110", "-"),
        ("%é1", Kind::Other, "%é1", "%é1", "-"),
    ]);
    let long = "9".repeat(1_000);
    let number = read(&long, &home());
    assert_eq!((number.kind, number.raw.len(), number.normal.len()), (Kind::Other, 256, 256));
}

proptest! {
    #[test]
    fn anything_can_be_read(raw in any::<String>()) {
        let number = read(&raw, &home());
        prop_assert_eq!(number.normal.is_empty(), number.kind == Kind::Withheld);
    }

    #[test]
    fn a_normal_form_reads_as_itself(raw in "(00|0|86|0086|17951)?[0-9]{1,14}") {
        let once = read(&raw, &home());
        let twice = read(&once.normal, &home());
        prop_assert_eq!((twice.kind, twice.normal, twice.region),
            (once.kind, once.normal, once.region));
    }

    #[test]
    fn the_display_form_reads_as_the_same_number(raw in "0?[1-9][0-9]{2,12}") {
        let number = read(&raw, &home());
        prop_assert_eq!(read(&number.display, &home()).normal, number.normal);
    }
}
