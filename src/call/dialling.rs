use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use crate::base::DialogId;
use crate::call::Cause;
use crate::call::leg::{Leg, Party, Place};
use crate::call::lines::Line;
use crate::call::machine::{Call, CallerState};
use crate::call::phase::{Conversation, Dialling, Phase};
use crate::call::turn::Turn;
use crate::dialplan::{CallerId, Dial, DialEnd, DialTarget, Input as FlowInput};
use crate::media::Command;
use crate::sip;

impl Call {
    /// Calls a party outside through a trunk.
    pub(crate) fn dial(&mut self, turn: &mut Turn<'_>, dial: Dial) -> Option<FlowInput> {
        match self.try_dial(turn, &dial) {
            Ok(leg) => {
                let until = turn.now + dial.ring;
                turn.draft.set_back(Cause::FarNoAnswer);
                let open = |caller: &Leg| caller.stream.is_open();
                if !self.is_alerting() || self.caller.as_ref().is_some_and(open) {
                    // Never silence: until the party is heard itself, the caller hears that it rings,
                    // also when an earlier party's early media have ended.
                    let tone = crate::media::Tone::Ringback;
                    self.caller_media(turn, |stream| Command::Tone { stream, tone, ms: None });
                }
                self.phase = Phase::Dialling(Box::new(Dialling { leg, dial, until, early: false }));
                None
            }
            Err((cause, why)) => {
                tracing::warn!(call = %turn.call, trunk = %dial.trunk, why, "cannot dial");
                turn.draft.set_back(cause);
                Some(FlowInput::Dialled(DialEnd::Failed))
            }
        }
    }

    fn try_dial(&mut self, turn: &mut Turn<'_>, dial: &Dial) -> Result<Leg, (Cause, &'static str)> {
        let settings = turn.settings.clone();
        let rules =
            settings.trunks.get(&dial.trunk).ok_or((Cause::FarFailed, "there is no such trunk"))?;
        let trunk = dial.trunk.clone();
        let (to, number, signalling_ip) = match &dial.target {
            DialTarget::Number(number) => {
                let address = settings
                    .sip
                    .trunks
                    .iter()
                    .find(|known| known.id == trunk)
                    .map(|known| known.address.ip())
                    .ok_or((Cause::FarFailed, "there is no such trunk"))?;
                let user = sip::Text::from(number.as_str());
                (sip::Destination::Trunk { trunk: trunk.clone(), user }, number.clone(), address)
            }
            DialTarget::Uri(text) => {
                let uri = sip::Uri::parse(&sip::Text::from(text.as_str()))
                    .map_err(|_| (Cause::FarFailed, "the SIP address cannot be read"))?;
                let address = numeric_host(&uri)
                    .ok_or((Cause::FarFailed, "the SIP address has no numeric host"))?;
                (
                    sip::Destination::Uri { trunk: trunk.clone(), uri: Box::new(uri) },
                    text.clone(),
                    address,
                )
            }
        };
        let line = Line::Trunk(trunk);
        if !turn.take_line(line.clone(), dial.emergency) {
            return Err((Cause::NoChannel, "no channel of the trunk is free"));
        }
        let dialog = turn.take_dialog();
        let place = Place {
            worker: self.worker_of_next_leg(turn),
            address: rules.media_address.unwrap_or(settings.media_address),
            signalling_ip,
        };
        let party = Party::Outside(number);
        let Some(mut leg) = Leg::open(turn, party, dialog, Some(line.clone()), place) else {
            turn.drop_dialog(dialog);
            turn.drop_line(&line);
            return Err((Cause::NoMediaPort, "no RTP port is free"));
        };
        let own = rules.numbers.first().map_or("", String::as_str);
        let shown = match dial.caller_id {
            CallerId::Original if rules.may_pass_original_caller => turn.draft.caller(),
            CallerId::Original | CallerId::Tenant => own,
        };
        let from = sip::Caller {
            display: None,
            user: (!shown.is_empty()).then(|| sip::Text::from(shown)),
        };
        let mut headers: Vec<_> = dial
            .headers
            .iter()
            .map(|(name, value)| (sip::Text::from(name.as_str()), sip::Text::from(value.as_str())))
            .collect();
        headers
            .push((sip::Text::from("X-Call-Id"), sip::Text::from(turn.call.to_string().as_str())));
        let sdp = Some(leg.offer(false));
        turn.sip(sip::Command::Invite { dialog, to, from, headers, sdp });
        Ok(leg)
    }

    /// The party outside (or an agent's phone) rings or sends early media.
    pub(crate) fn on_progress(
        &mut self,
        turn: &mut Turn<'_>,
        dialog: DialogId,
        status: u16,
        sdp: Option<Bytes>,
    ) {
        if let Phase::Offered(_, ringing) = &self.phase {
            if ringing.leg.dialog == dialog {
                self.agent_rings(turn);
            }
            return;
        }
        let Phase::Dialling(dialling) = &mut self.phase else { return };
        if dialling.leg.dialog != dialog {
            return;
        }
        let early = match sdp {
            Some(sdp) => match dialling.leg.take_answer(turn, &sdp) {
                Ok(()) => true,
                Err(refusal) => {
                    tracing::info!(call = %turn.call, %refusal, "early media refused");
                    false
                }
            },
            None => false,
        };
        let first = early && !dialling.early;
        dialling.early |= early;
        let far = dialling.leg.stream.id();
        if !early {
            if matches!(self.caller_state, CallerState::Alerting { .. }) {
                self.ring_caller(turn, status, None);
            }
            return;
        }
        if !first {
            return;
        }
        self.listen_for_line_tones(turn, true);
        if let Some(answer) = self.early_answer(turn) {
            self.ring_caller(turn, 183, Some(answer));
        }
        self.stop_playing(turn);
        self.caller_media(turn, |stream| Command::Bridge { a: stream, b: far });
    }

    fn ring_caller(&mut self, turn: &mut Turn<'_>, status: u16, sdp: Option<Bytes>) {
        if let Some(caller) = &self.caller {
            let status = if status == 180 { 180 } else { 183 };
            let status = if sdp.is_none() { 180 } else { status };
            turn.sip(sip::Command::Ring { dialog: caller.dialog, status, sdp });
        }
    }

    /// Our answer to the caller's offer, made once: it goes out with the 183 and again with the 200.
    fn early_answer(&mut self, turn: &mut Turn<'_>) -> Option<Bytes> {
        let CallerState::Alerting { offer, answer } = &mut self.caller_state else { return None };
        if answer.is_none() {
            let offer = offer.take()?;
            match self.caller.as_mut()?.answer(turn, &offer) {
                Ok(sdp) => *answer = Some(sdp),
                Err(refusal) => {
                    tracing::info!(call = %turn.call, %refusal, "offer refused");
                    return None;
                }
            }
        }
        answer.clone()
    }

    /// The party outside has answered.
    pub(crate) fn dial_answered(&mut self, turn: &mut Turn<'_>, sdp: Option<&Bytes>) {
        self.listen_for_line_tones(turn, false);
        let Some(dialling) = self.phase.take_dialling() else { return };
        let Dialling { mut leg, dial, early, .. } = *dialling;
        // A 200 without SDP repeats what the 183 said.
        let agreed = match sdp {
            None if early => Ok(()),
            sdp => leg.take_answer(turn, sdp.map_or(&[], |sdp| sdp)),
        };
        if let Err(refusal) = agreed {
            tracing::warn!(call = %turn.call, %refusal, "far party's answer refused");
            leg.hang_up(turn, 488, None);
            self.close_leg(turn, leg);
            turn.draft.set_back(Cause::FarFailed);
            self.feed(turn, FlowInput::Dialled(DialEnd::Failed));
            return;
        }
        leg.up = true;
        turn.draft.answer(turn.now, None);
        self.phase = Phase::Joining(Box::new(Conversation {
            leg,
            agent: None,
            answered: turn.now,
            recording: None,
            record_wanted: false,
            before: None,
            hold: None,
        }));
        self.stop_playing(turn);
        self.answer_caller(turn);
        if matches!(self.phase, Phase::Ending(_)) {
            return;
        }
        if dial.record {
            self.record(turn);
        }
        self.bridge(turn);
        self.feed(turn, FlowInput::Dialled(DialEnd::Answered));
    }

    /// The party outside did not take the call.
    pub(crate) fn dial_failed(&mut self, turn: &mut Turn<'_>, status: u16) {
        let (end, setback) = match status {
            486 | 600 => (DialEnd::Busy, Cause::FarBusy),
            408 | 480 | 487 => (DialEnd::NoAnswer, Cause::FarNoAnswer),
            _ => (DialEnd::Failed, Cause::FarFailed),
        };
        self.dial_ended(turn, end, setback);
    }

    /// The party outside is given back to the flow as not reached; its dialog is gone or going.
    pub(crate) fn dial_ended(&mut self, turn: &mut Turn<'_>, end: DialEnd, setback: Cause) {
        let Some(dialling) = self.phase.take_dialling() else { return };
        self.close_leg(turn, dialling.leg);
        self.stop_playing(turn);
        turn.draft.set_back(setback);
        self.feed(turn, FlowInput::Dialled(end));
    }

    pub(crate) fn dial_timed_out(&mut self, turn: &mut Turn<'_>) {
        if let Phase::Dialling(dialling) = &self.phase {
            dialling.leg.hang_up(turn, 487, None);
            self.dial_failed(turn, 408);
        }
    }

    /// The flow gives the party up.
    pub(crate) fn stop_dial(&mut self, turn: &mut Turn<'_>) {
        let Some(dialling) = self.phase.take_dialling() else { return };
        dialling.leg.hang_up(turn, 487, None);
        self.close_leg(turn, dialling.leg);
        self.stop_playing(turn);
    }

    /// 200 from the far party, whoever it is.
    pub(crate) fn on_answered(
        &mut self,
        turn: &mut Turn<'_>,
        dialog: DialogId,
        sdp: Option<Bytes>,
    ) {
        match &self.phase {
            Phase::Offered(_, ringing) if ringing.leg.dialog == dialog => {
                self.agent_answered(turn, sdp.as_ref());
            }
            Phase::Dialling(dialling) if dialling.leg.dialog == dialog => {
                self.dial_answered(turn, sdp.as_ref());
            }
            _ => {}
        }
    }
}

fn numeric_host(uri: &sip::Uri) -> Option<IpAddr> {
    let host = uri.host.as_str();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok().or_else(|| host.parse::<SocketAddr>().ok().map(|address| address.ip()))
}
