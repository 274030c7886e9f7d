use rstest::rstest;

use super::*;
use crate::base::{CallId, TenantId, Wall};
use crate::call::{Cause, Cdr, EndedBy, Fact, Record, TurnedAway};
use crate::store::sample::{START_US, Sample, arrived, folder};
use crate::store::{CallRow, Loader, LoaderSettings, Spool, SpoolSettings};

/// How a call of the table ends.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Agent,
    Caller,
    Lost(Cause),
}

use By::{Agent, Caller, Lost};

/// Seconds from the arrival: asked for a human, answered, end; who ended it, hold, rating; within
/// the surge.
type Line = (Option<i64>, Option<i64>, i64, By, u64, Option<u8>, bool);

/// The contract's thirteen: waits of exactly 20.0 s, 18 s and 21 s, a surge, two faults.
const CALLS: [Line; 13] = [
    (Some(20), Some(25), 145, Agent, 0, Some(5), false),
    (Some(22), Some(40), 240, Caller, 10, None, false),
    (Some(15), Some(35), 335, Agent, 0, Some(4), false),
    (Some(15), Some(36), 96, Agent, 0, Some(2), false),
    (Some(18), None, 30, Caller, 0, None, false),
    (Some(18), None, 38, Caller, 0, None, false),
    (Some(18), None, 78, Caller, 0, None, false),
    (None, None, 12, Caller, 0, None, false),
    (None, None, 1, Lost(Cause::NoChannel), 0, None, false),
    (Some(20), None, 25, Lost(Cause::InternalError), 0, None, false),
    (Some(20), Some(28), 88, Agent, 0, Some(3), true),
    (Some(20), None, 320, Caller, 0, None, true),
    (Some(25), Some(30), 330, Agent, 60, Some(1), false),
];

const SURGE: i64 = 100_000;

fn second(second: i64) -> Wall {
    Wall::from_micros(START_US + second * 1_000_000)
}

fn row(line: &Line, number: u128) -> CallRow {
    let (req, ans, end, by, hold, rating, surge) = *line;
    let base = if surge { SURGE } else { 0 };
    let at = |s: i64| second(base + s);
    let ms = |from: i64, to: i64| u64::try_from((to - from) * 1000).unwrap();
    let cause = match (by, req, ans) {
        (Lost(cause), ..) => cause,
        (_, _, Some(_)) => Cause::Answered,
        (_, Some(_), _) => Cause::AbandonedQueue,
        _ => Cause::AbandonedIvr,
    };
    let cdr = Cdr {
        call: Some(CallId::new(at(0), number)),
        t_in: at(0),
        t_req: req.map(at),
        t_ans: ans.map(at),
        t_end: at(end),
        wait_ms: req.map_or(0, |req| ms(req, ans.unwrap_or(end))),
        talk_ms: ans.map_or(0, |ans| ms(ans, end)),
        hold_ms: hold * 1000,
        total_ms: ms(0, end),
        ended_by: match by {
            Agent => EndedBy::Agent,
            Caller => EndedBy::Caller,
            Lost(_) => EndedBy::System,
        },
        cause,
        rating,
        survey_invited: by == Agent,
        ..Cdr::default()
    };
    CallRow { tenant: TenantId::new("fcg"), ended: true, cdr }
}

fn rows() -> Vec<CallRow> {
    CALLS.iter().zip(1..).map(|(line, number)| row(line, number)).collect()
}

fn near(value: Option<f64>, wanted: f64) {
    let value = value.unwrap();
    assert!((value - wanted).abs() < 5e-7, "{value} is not {wanted}");
}

#[test]
fn the_thirteen_calls_give_the_contracts_figures() {
    let surge = Window { from: second(SURGE), to: second(SURGE + 1) };
    let settings = FiguresSettings { excluded: vec![surge], ..FiguresSettings::default() };
    let figures = Figures::of(&settings, &rows());
    assert_eq!((figures.total, figures.requests, figures.answered), (13, 11, 6));
    assert_eq!(figures.service_level_a, Share { part: 5, of: 6 });
    assert_eq!(figures.service_level_b, Share { part: 4, of: 6 });
    near(figures.service_level_a.value(), 0.833_333);
    near(figures.service_level_b.value(), 0.666_667);
    near(Share { part: figures.answered, of: figures.requests }.value(), 0.545_455);
    near(figures.service_level_raw.value(), 0.454_545);
    near(figures.lost.value(), 0.153_846);
    near(Share { part: figures.abandoned, of: figures.requests }.value(), 0.363_636);
    near(Share { part: figures.abandoned_late, of: figures.requests }.value(), 0.181_818);
    near(figures.wait_ms_mean.map(|ms| ms / 1000.0), 12.833_333);
    assert_eq!(figures.wait_ms_max, 300_000);
    near(figures.talk_ms_mean.map(|ms| ms / 1000.0), 173.333_333);
    near(figures.hold_ms_mean.map(|ms| ms / 1000.0), 11.666_667);
    assert_eq!(figures.rated, Share { part: 5, of: 6 });
    near(figures.satisfied.value(), 0.4);
    assert_eq!(figures.agent_hung_up_uninvited, 0);
}

#[test]
fn another_threshold_and_no_window_move_the_calls_between_the_counts() {
    let settings = FiguresSettings { threshold_ms: 15_000, ..FiguresSettings::default() };
    let figures = Figures::of(&settings, &rows());
    assert_eq!(figures.service_level_raw, Share { part: 3, of: 11 });
    assert_eq!(figures.service_level_b, Share { part: 3, of: 9 });
    assert_eq!(figures.abandoned_late, 3);
}

#[test]
fn nothing_is_divided_by_nothing() {
    let figures = Figures::of(&FiguresSettings::default(), &[]);
    assert_eq!(figures, Figures::default());
    assert_eq!((figures.lost.value(), figures.wait_ms_mean), (None, None));
}

#[test]
fn what_arrived_is_what_became_of_it() {
    let mut rows = rows();
    rows.push(CallRow { ended: false, ..rows[0].clone() });
    let sum = Conservation::of(14, &rows);
    let wanted = Conservation {
        arrived: 14,
        answered: 6,
        abandoned: 5,
        self_served: 0,
        system_lost: 2,
        in_progress: 1,
    };
    assert_eq!((sum, sum.missing()), (wanted, 0));
    assert_eq!(Conservation::of(15, &rows).missing(), 1, "a lost call is seen");
    assert_eq!(Conservation::of(13, &rows).missing(), -1);
}

#[rstest]
#[case(Cause::Cancelled, Outcome::Abandoned)]
#[case(Cause::AbandonedIvr, Outcome::Abandoned)]
#[case(Cause::AbandonedQueue, Outcome::Abandoned)]
#[case(Cause::NoAck, Outcome::Abandoned)]
#[case(Cause::MediaTimeout, Outcome::Abandoned)]
#[case(Cause::SelfServed, Outcome::SelfServed)]
#[case(Cause::Voicemail, Outcome::SelfServed)]
#[case(Cause::NoRoute, Outcome::SelfServed)]
#[case(Cause::Refused, Outcome::SelfServed)]
#[case(Cause::BadRequest, Outcome::SelfServed)]
#[case(Cause::FarBusy, Outcome::SelfServed)]
#[case(Cause::NoMediaPort, Outcome::SystemLost)]
#[case(Cause::RecordsFull, Outcome::SystemLost)]
#[case(Cause::Crash, Outcome::SystemLost)]
fn a_call_without_an_answer_has_one_outcome(#[case] cause: Cause, #[case] outcome: Outcome) {
    let mut cdr = Cdr { cause, ..Cdr::default() };
    assert_eq!(Outcome::of(&cdr), outcome);
    cdr.t_ans = Some(Wall::default());
    assert_eq!(Outcome::of(&cdr), Outcome::Answered, "however it ended then");
}

fn turned_away(trunk: Option<&str>, invites: u64) -> Fact {
    let (source, trunk) = ("192.0.2.1".to_owned(), trunk.map(Into::into));
    let (refused, dropped) = (invites, 1);
    Fact::TurnedAway(TurnedAway {
        source,
        trunk,
        cause: Cause::Overload,
        invites,
        refused,
        dropped,
    })
}

#[tokio::test]
async fn a_days_figures_come_from_the_stored_calls_of_that_day() {
    let dir = folder();
    let (mut spool, _) = Spool::open(&dir.path().join("spool"), SpoolSettings::default()).unwrap();
    let mut sample = Sample::default();
    for row in rows() {
        let call = row.cdr.call.unwrap();
        let arrival = Record { at: row.cdr.t_in, ..sample.record("fcg", arrived(call)) };
        let end = sample.record("fcg", Fact::Cdr(Box::new(row.cdr)));
        spool.append(vec![arrival, end]).unwrap();
    }
    let open = sample.call();
    spool.append(vec![sample.record("fcg", arrived(open))]).unwrap();
    let counted = [
        Fact::InvitesRefused { source: "trunk:carrier".into(), count: 40 },
        turned_away(Some("carrier"), 3),
        turned_away(None, 7),
    ];
    let counted = counted.map(|fact| sample.record("fcg", fact));
    spool.append(counted.into()).unwrap();
    spool.sync();
    let path = dir.path().join("records.db");
    let (loader, database) = Loader::new(LoaderSettings::new(path), spool.reader());
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let ask = async {
        let (tenant, reader) = ("fcg".into(), spool.reader());
        while reader.loaded() < reader.synced() || !database.is_there() {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        let settings = FiguresSettings::default();
        let day = |at| day_figures(&database, &tenant, Day::of(at), &settings);
        let today = day(second(0)).await.unwrap();
        let tomorrow = day(second(SURGE)).await.unwrap();
        stop.send(true).unwrap();
        (today, tomorrow)
    };
    let ((), (today, tomorrow)) = tokio::join!(loader.run(stopped, |_| {}), ask);
    assert_eq!((today.conservation.arrived, tomorrow.conservation.arrived), (12 + 43, 2));
    assert_eq!((today.conservation.system_lost, today.figures.lost.part), (2 + 43, 2 + 43));
    assert_eq!((today.unrecorded, today.unknown, tomorrow.unrecorded), (43, 7, 0));
    assert_eq!(today.figures.total, 55);
    assert_eq!((today.conservation.missing(), tomorrow.conservation.missing()), (0, 0));
    assert_eq!(today.conservation.in_progress, 1);
    assert_eq!((today.figures.answered, tomorrow.figures.answered), (5, 1));
}

#[test]
fn days_are_chinas_and_half_open() {
    let day = Day::from_date(2026, 3, 1).unwrap();
    let (from, to) = day.bounds();
    assert_eq!(from, Wall::from_micros(START_US - 8 * 3_600_000_000));
    assert_eq!(Day::of(from), day);
    assert_ne!(Day::of(to), day);
    assert_eq!(Day::of(Wall::from_micros(to.as_micros() - 1)), day);
    assert_eq!(Day::from_date(2026, 2, 30), None);
    assert_eq!(Day::of(Wall::from_micros(-1)), Day::from_date(1970, 1, 1).unwrap());
}
