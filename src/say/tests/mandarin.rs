use super::check;
use crate::say::Kind::{
    Agent, Ahead, Count, Date, Digits, Duration, Number, Ordinal, Phone, Time, Wait, Weekday,
};
use crate::say::Language;

#[test]
fn mandarin_says_values_as_people_do() {
    check(
        Language::Mandarin,
        &[
            (Number, "0", "num/0"),
            (Number, "1", "num/1"),
            (Number, "2", "num/2"),
            (Number, "10", "num/10"),
            (Number, "11", "num/11"),
            (Number, "12", "num/12"),
            (Number, "20", "num/20"),
            (Number, "22", "num/22"),
            (Number, "99", "num/99"),
            (Number, "100", "num/100"),
            // 一百零一, 一百一十, 一百一十五, 两百, 两百零二, 两百二十
            (Number, "101", "hundred/1 ling/1"),
            (Number, "110", "hundred/1 teen/10"),
            (Number, "115", "hundred/1 teen/15"),
            (Number, "200", "hundred/2"),
            (Number, "202", "hundred/2 ling/2"),
            (Number, "220", "hundred/2 num/20"),
            (Number, "222", "hundred/2 num/22"),
            // 一千, 一千零一, 一千零八, 一千零一十, 一千零二十, 一千一百, 一千一百零一
            (Number, "1000", "thousand/1"),
            (Number, "1001", "thousand/1 ling/1"),
            (Number, "1008", "thousand/1 ling/8"),
            (Number, "1010", "thousand/1 digit/0 teen/10"),
            (Number, "1020", "thousand/1 digit/0 num/20"),
            (Number, "1100", "thousand/1 hundred/1"),
            (Number, "1101", "thousand/1 hundred/1 ling/1"),
            (Number, "2,000", "thousand/2"),
            (Number, "2,222", "thousand/2 hundred/2 num/22"),
            // 一万, 一万零一, 一万零一十, 一万零一百, 一万一千, 一万两千三百四十五, 两万
            (Number, "10000", "wan/1"),
            (Number, "10001", "wan/1 ling/1"),
            (Number, "10,010", "wan/1 digit/0 teen/10"),
            (Number, "10100", "wan/1 digit/0 hundred/1"),
            (Number, "11000", "wan/1 thousand/1"),
            (Number, "12345", "wan/1 thousand/2 hundred/3 num/45"),
            (Number, "20000", "wan/2"),
            // 十万, 十一万, 十二万零三百, 一百零五万, 一百一十万, 一千万, 一千万零一
            (Number, "100000", "num/10 unit/wan"),
            (Number, "110000", "num/11 unit/wan"),
            (Number, "120300", "num/12 unit/wan digit/0 hundred/3"),
            (Number, "1050000", "hundred/1 ling/5 unit/wan"),
            (Number, "1100000", "hundred/1 teen/10 unit/wan"),
            (Number, "10000000", "thousand/1 unit/wan"),
            (Number, "10000001", "thousand/1 unit/wan ling/1"),
            // 两亿, 一亿零二, 一亿零两万, 一亿零一十二万, 一亿零两千, 十二亿三千四百五十六万七千八百九十
            (Number, "200000000", "yi/2"),
            (Number, "100000002", "yi/1 ling/2"),
            (Number, "100020000", "yi/1 digit/0 wan/2"),
            (Number, "100120000", "yi/1 digit/0 teen/12 unit/wan"),
            (Number, "100002000", "yi/1 digit/0 thousand/2"),
            (
                Number,
                "1234567890",
                "num/12 unit/yi thousand/3 hundred/4 num/56 unit/wan thousand/7 hundred/8 num/90",
            ),
            (
                Number,
                "999999999999",
                "thousand/9 hundred/9 num/99 unit/yi thousand/9 hundred/9 num/99 unit/wan \
                 thousand/9 hundred/9 num/99",
            ),
            // 两个, 十二个, 二十二个, 一百零二个
            (Count, "2", "count/2"),
            (Count, "12", "num/12"),
            (Count, "22", "num/22"),
            (Count, "102", "hundred/1 ling/2"),
            (Digits, "12345", "digit/1-yao digit/2 digit/3 digit/4 digit/5"),
            (Digits, "110", "digit/1-yao digit/1-yao digit/0"),
            // A case number with repeated digits, its hyphens and letters left out.
            (
                Digits,
                "FCG-110022-11",
                "digit/1-yao digit/1-yao digit/0 digit/0 digit/2 digit/2 digit/1-yao digit/1-yao",
            ),
            (
                Phone,
                "+8613800138000",
                "digit/1-yao digit/3 digit/8 pause digit/0 digit/0 digit/1-yao digit/3 pause \
                 digit/8 digit/0 digit/0 digit/0",
            ),
            (
                Phone,
                "0770-2821234",
                "digit/0 digit/7 digit/7 digit/0 pause digit/2 digit/8 digit/2 digit/1-yao digit/2 \
                 digit/3 digit/4",
            ),
            (
                Phone,
                "01065591234",
                "digit/0 digit/1-yao digit/0 pause digit/6 digit/5 digit/5 digit/9 pause \
                 digit/1-yao digit/2 digit/3 digit/4",
            ),
            (Phone, "12345", "digit/1-yao digit/2 digit/3 digit/4 digit/5"),
            (Ordinal, "1", "ordinal/1"),
            (Ordinal, "2", "ordinal/2"),
            (Ordinal, "31", "ordinal/31"),
            // 二零二六年二月二十八号; 一九九九年; 二零五一年
            (Date, "2026-02-28", "year/2026 month/2 day/28"),
            (Date, "2028-02-29", "year/2028 month/2 day/29"),
            (Date, "1999-01-02", "digit/1 digit/9 digit/9 digit/9 unit/year month/1 day/2"),
            (Date, "2051-12-31", "digit/2 digit/0 digit/5 digit/1 unit/year month/12 day/31"),
            (Weekday, "7", "weekday/7"),
            (Weekday, "2026-02-28", "weekday/6"),
            // 晚上九点零五分, 晚上九点, 午夜零点三十分, 中午十二点十分, 下午两点
            (Time, "21:05", "hour/21 minute/5"),
            (Time, "21:00", "hour/21"),
            (Time, "00:30", "hour/0 minute/30"),
            (Time, "12:10", "hour/12 minute/10"),
            (Time, "14:00", "hour/14"),
            (Duration, "1s", "minutes/1"),
            (Duration, "90s", "minutes/2"),
            (Duration, "2h", "hours/2"),
            (Duration, "3750", "hours/1 minutes/3"),
            (Duration, "2d", "days/2"),
            (Duration, "31d", "days/31"),
            (Wait, "0s", "wait/less"),
            (Wait, "59s", "wait/less"),
            (Wait, "90s", "wait/2"),
            (Wait, "30m", "wait/30"),
            (Wait, "31m", "wait/more"),
            (Ahead, "0", "queue-position-1"),
            (Ahead, "2", "ahead/2"),
            (Ahead, "30", "ahead/30"),
            (Ahead, "31", "queue-busy"),
            (Agent, "1002", "agent/1002"),
        ],
    );
}
