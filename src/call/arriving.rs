use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;

use crate::base::{AccountId, CallId, DialogId, Instant, TrunkId};
use crate::call::core::{Core, Work};
use crate::call::draft::Draft;
use crate::call::entry::Entry;
use crate::call::input::Input;
use crate::call::leg::{Leg, Party, Place};
use crate::call::lines::Line;
use crate::call::machine::{Call, CallerState};
use crate::call::phase::Phase;
use crate::call::settings::{CalledFrom, CallerFrom};
use crate::call::turn::{Holdings, Turn};
use crate::call::{CallArrived, Cause, Effect, EndedBy, Fact};
use crate::dialplan::{Facts, Walk};
use crate::number::{self, Home, Number};
use crate::{acd, sip};

/// A new INVITE of a known peer.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) dialog: DialogId,
    pub(crate) peer: sip::Peer,
    pub(crate) flow: sip::Flow,
    pub(crate) info: sip::InviteInfo,
    pub(crate) offer: Option<Bytes>,
    /// Whether it would take another call's place, which no call lets it yet.
    pub(crate) replaces: bool,
}

/// Why a call is refused at the door.
struct Refusal {
    status: u16,
    cause: Cause,
    retry_after: Option<u32>,
}

impl Refusal {
    const fn new(status: u16, cause: Cause) -> Self {
        Self { status, cause, retry_after: None }
    }

    fn command(&self, dialog: DialogId) -> sip::Command {
        let Self { status, retry_after, .. } = *self;
        sip::Command::Refuse { dialog, status, reason: None, retry_after }
    }
}

/// How long an overloaded or stopping engine asks callers to stay away, seconds.
const RETRY_AFTER: u32 = 5;

impl Core {
    /// A new call: told to the record, refused, or begun.
    pub(crate) fn arrive(&mut self, now: Instant, arrival: Arrival, out: &mut Vec<Effect>) {
        let dialog = arrival.dialog;
        let room = self.has_room();
        if let Err(refusal) = &room
            && self.is_folded(now, &arrival.peer)
        {
            let command = refusal.command(dialog);
            self.stack_step(now, sip::Input::Command(command), out);
            return;
        }
        let (number, arrived) = self.read_guarded(now, &arrival.peer, &arrival.info, out);
        // A fault here costs this call only, which has a record all the same.
        let (number, is_read) = match number {
            Some(number) => (number, Ok(())),
            None => {
                let nobody = number::read("", &Home { area_code: String::new() });
                (nobody, Err(Refusal::new(500, Cause::InternalError)))
            }
        };
        let id = arrived.call;
        let mut draft = Draft::new(now, self.world.clock, &arrived);
        self.record(now, Fact::CallArrived(arrived.clone()), out);
        let mut holdings = Holdings::default();
        let mut acts = Vec::new();
        let settings = Arc::clone(&self.settings);
        let flows = Arc::clone(&self.flows);
        let in_anothers_place = Refusal::new(603, Cause::Refused);
        let room = is_read.and(room);
        let room = room.and(if arrival.replaces { Err(in_anothers_place) } else { Ok(()) });
        let since = draft.arrived();
        let mut turn = Turn {
            now,
            call: id,
            settings: &settings,
            world: &mut self.world,
            draft: &mut draft,
            holdings: &mut holdings,
            out: &mut acts,
        };
        turn.own_dialog(dialog);
        // A stranger's bytes reach SDP here for the first time: a fault costs this call only.
        let begun = room.and_then(|()| {
            catch_unwind(AssertUnwindSafe(|| begin(&mut turn, &flows, arrival, &arrived, number)))
                .unwrap_or(Err(Refusal::new(500, Cause::InternalError)))
        });
        match begun {
            Ok(call) => {
                self.deadlines.set(&id, call.deadline());
                let agent = arrived.account.as_ref().and_then(|a| settings.agent_of(a)).cloned();
                holdings.busy.clone_from(&agent);
                let entry = Entry { call: Some(call), draft, holdings, shown: None, since };
                self.calls.insert(id, entry);
                if let Some(agent) = agent {
                    self.desk_step(now, acd::Input::Busy { agent });
                }
                if let Some(trunk) = &arrived.trunk {
                    self.show_trunk(trunk, out);
                }
                self.push_work(Work::Call(id, Input::Begin));
            }
            Err(refusal) => {
                let command = refusal.command(dialog);
                draft.refuse(refusal.status);
                draft.end(now, EndedBy::System, refusal.cause);
                let entry = Entry { call: None, draft, holdings, shown: None, since };
                self.calls.insert(id, entry);
                self.stack_step(now, sip::Input::Command(command), out);
                self.bury(now, id, out);
            }
        }
    }

    fn has_room(&self) -> Result<(), Refusal> {
        let overload = |cause| Refusal { status: 503, cause, retry_after: Some(RETRY_AFTER) };
        if self.stopping.is_some() {
            Err(overload(Cause::Shutdown))
        } else if self.records_full {
            Err(overload(Cause::RecordsFull))
        } else if self.calls.len() >= self.settings.calls_max {
            Err(overload(Cause::Overload))
        } else {
            Ok(())
        }
    }

    /// Whether a refused INVITE is counted with others of its source instead of having records of
    /// its own: there is no room for more.
    fn is_folded(&mut self, now: Instant, peer: &sip::Peer) -> bool {
        let source = match peer {
            sip::Peer::Trunk(id) => format!("trunk:{id}"),
            sip::Peer::Account(id) => format!("account:{id}"),
        };
        self.records_full && self.refusals.fold(now, source)
    }

    /// An INVITE that the stack itself refused: it has its record all the same (D1).
    pub(crate) fn refused_by_stack(
        &mut self,
        now: Instant,
        peer: &sip::Peer,
        info: &sip::InviteInfo,
        status: u16,
        out: &mut Vec<Effect>,
    ) {
        if self.is_folded(now, peer) {
            return;
        }
        let (_, arrived) = self.read_guarded(now, peer, info, out);
        let mut draft = Draft::new(now, self.world.clock, &arrived);
        draft.refuse(status);
        let cause = if status == 503 { Cause::Overload } else { Cause::BadRequest };
        draft.end(now, EndedBy::System, cause);
        self.record(now, Fact::CallArrived(arrived), out);
        let cdr = draft.close(now);
        self.record(now, Fact::Cdr(Box::new(cdr)), out);
    }

    /// What an INVITE says, strangers' bytes and all. After a fault in that the number is `None`, and
    /// the fact says what is certain.
    fn read_guarded(
        &mut self,
        now: Instant,
        peer: &sip::Peer,
        info: &sip::InviteInfo,
        out: &mut Vec<Effect>,
    ) -> (Option<Number>, CallArrived) {
        let read = self.guarded(now, "an INVITE's numbers", out, |core, _| {
            let number = core.caller_number(peer, info);
            let arrived = core.arrived(now, peer, info, &number);
            (Some(number), arrived)
        });
        read.unwrap_or_else(|| {
            let (trunk, account) = parties(peer);
            let arrived = CallArrived {
                call: self.new_call_id(now),
                flow: String::new(),
                called: String::new(),
                trunk,
                account,
                caller_raw: String::new(),
                caller: String::new(),
                sip_call_id: cut(info.call_id.as_str(), 256),
                caller_kind: kind_name(number::Kind::Other).to_owned(),
                region: String::new(),
            };
            (None, arrived)
        })
    }

    fn arrived(
        &mut self,
        now: Instant,
        peer: &sip::Peer,
        info: &sip::InviteInfo,
        number: &Number,
    ) -> CallArrived {
        let (trunk, account) = parties(peer);
        let called = self.called(trunk.as_ref(), info);
        let call = self.new_call_id(now);
        let flow = self.settings.route(trunk.as_ref(), &called).and_then(|id| self.flows.get(id));
        let flow = flow.map_or_else(String::new, |flow| format!("{}@{}", flow.id, flow.revision));
        CallArrived {
            call,
            flow,
            called,
            trunk,
            account,
            caller_raw: number.raw.clone(),
            caller: number.normal.clone(),
            sip_call_id: cut(info.call_id.as_str(), 256),
            caller_kind: kind_name(number.kind).to_owned(),
            region: number.region.clone().unwrap_or_default(),
        }
    }

    fn new_call_id(&mut self, now: Instant) -> CallId {
        let random = self.world.random.next_u128();
        CallId::new(self.world.clock.wall(now), random)
    }

    fn called(&self, trunk: Option<&TrunkId>, info: &sip::InviteInfo) -> String {
        let rules = trunk.and_then(|id| self.settings.trunks.get(id));
        let from = rules.map_or(CalledFrom::RequestUri, |rules| rules.called_from);
        let user = match from {
            CalledFrom::RequestUri => None,
            CalledFrom::To => info.to.uri.user.as_ref().map(|user| user.as_str().to_owned()),
            CalledFrom::CalledParty => info.p_called.as_ref().and_then(user_of),
        };
        cut(&user.unwrap_or_else(|| info.request_user.as_str().to_owned()), 128)
    }

    /// Who calls: an account is who it proved to be, a trunk tells it in the header that it is
    /// configured for.
    fn caller_number(&self, peer: &sip::Peer, info: &sip::InviteInfo) -> Number {
        let home = Home { area_code: self.settings.area_code.clone() };
        let raw = match peer {
            sip::Peer::Account(id) => {
                self.settings.accounts.get(id).map_or_else(String::new, |rules| rules.user.clone())
            }
            sip::Peer::Trunk(id) => self.caller_of_trunk(id, info),
        };
        number::read(&raw, &home)
    }

    fn caller_of_trunk(&self, trunk: &TrunkId, info: &sip::InviteInfo) -> String {
        let from = info.from.uri.user.as_ref().map(|user| user.as_str().to_owned());
        #[cfg(test)]
        if from.as_deref() == Some("break-arrival") {
            panic!("broken for a test");
        }
        let Some(rules) = self.settings.trunks.get(trunk) else { return from.unwrap_or_default() };
        let found = rules.caller_from.iter().find_map(|source| match source {
            CallerFrom::Asserted => info.p_asserted.as_ref().and_then(user_of),
            CallerFrom::Preferred => info.p_preferred.as_ref().and_then(user_of),
            CallerFrom::RemoteParty => info.remote_party.as_ref().and_then(user_of),
            CallerFrom::From => from.clone(),
        });
        cut(&found.unwrap_or_default(), 128)
    }
}

/// Takes what the call needs and sets it on its way.
fn begin(
    turn: &mut Turn<'_>,
    flows: &crate::dialplan::Flows,
    arrival: Arrival,
    arrived: &CallArrived,
    number: Number,
) -> Result<Call, Refusal> {
    let settings = Arc::clone(turn.settings);
    let trunk = arrived.trunk.as_ref();
    let rules = trunk.and_then(|id| settings.trunks.get(id));
    let line = line_of(trunk, arrived.account.as_ref());
    if let Some(line) = &line
        && !turn.take_line(line.clone(), false)
    {
        let status = rules.map_or(486, |rules| rules.beyond);
        return Err(Refusal::new(status, Cause::NoChannel));
    }
    let flow = settings
        .route(trunk, &arrived.called)
        .and_then(|id| flows.get(id))
        .ok_or(Refusal::new(404, Cause::NoRoute))?;
    turn.draft.enter_flow(arrived.flow.clone());
    let place = Place {
        worker: None,
        address: rules.and_then(|rules| rules.media_address).unwrap_or(settings.media_address),
        signalling_ip: arrival.flow.peer.ip(),
    };
    let caller = Leg::open(turn, Party::Caller, arrival.dialog, line, place).ok_or(Refusal {
        status: 503,
        cause: Cause::NoMediaPort,
        retry_after: None,
    })?;
    if let Some(offer) = &arrival.offer
        && let Err(refusal) = crate::sdp::answer(offer, &caller.stream.local)
    {
        tracing::info!(call = %turn.call, %refusal, "offer refused");
        return Err(Refusal::new(488, Cause::NoMedia));
    }
    let listed =
        |list: &[String], name: &str| list.contains(&number.normal).then(|| Arc::<str>::from(name));
    let facts = Facts {
        call: Some(turn.call),
        caller_kind: kind_name(number.kind).to_owned(),
        region: number.region.clone().unwrap_or_default(),
        called: arrived.called.clone(),
        listed: listed(&settings.block, "block")
            .into_iter()
            .chain(listed(&settings.vip, "vip"))
            .collect(),
        trunk: arrived.trunk.clone(),
        account: arrived.account.clone(),
        language: Some(Arc::from(settings.language.as_str())),
        answered: false,
        caller: number.normal,
    };
    Ok(Call {
        caller: Some(caller),
        caller_state: CallerState::Alerting { offer: arrival.offer, answer: None },
        walk: Some(Walk::start(Arc::clone(flow), facts)),
        phase: Phase::Flow,
        playing: None,
        expects_keys: false,
        keys_by_media: false,
        left_message: false,
        talk_ended_by: None,
        closing: Vec::new(),
        too_long_at: turn.now + settings.call_limit,
    })
}

fn parties(peer: &sip::Peer) -> (Option<TrunkId>, Option<AccountId>) {
    match peer {
        sip::Peer::Trunk(id) => (Some(id.clone()), None),
        sip::Peer::Account(id) => (None, Some(id.clone())),
    }
}

fn line_of(trunk: Option<&TrunkId>, account: Option<&AccountId>) -> Option<Line> {
    trunk.cloned().map(Line::Trunk).or_else(|| account.cloned().map(Line::Account))
}

/// The user part of a header that holds a name-addr or a bare URI, the first if several.
fn user_of(header: &sip::Text) -> Option<String> {
    let address = sip::NameAddr::parse(header).ok()?;
    address.uri.user.as_ref().map(|user| user.as_str().to_owned())
}

fn cut(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

/// The kind of a caller as records and flows name it.
fn kind_name(kind: number::Kind) -> &'static str {
    match kind {
        number::Kind::Mobile => "mobile",
        number::Kind::Landline => "fixed",
        number::Kind::Service => "service",
        number::Kind::Emergency | number::Kind::Short | number::Kind::CityShort => "short",
        number::Kind::Foreign => "foreign",
        number::Kind::Withheld => "withheld",
        number::Kind::Message | number::Kind::Other => "unknown",
    }
}
