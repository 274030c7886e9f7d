use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use crate::peer::demo::{DemoAgent, DemoPlan, Talk, Timeline, Verdict};
use crate::peer::world;
use crate::peer::{Call, EndedBy, Heard, Phone, PhoneSettings, Pump, RegisterState, Source};

/// A wait for a call at one of several phones looks at each for so long.
const LOOK: Duration = Duration::from_millis(20);

/// What the demo needs from outside of the telephone.
pub struct Hooks<'a> {
    /// Signs an agent in and makes it ready; told the address of its phone.
    pub ready: &'a mut dyn FnMut(&DemoAgent, SocketAddr) -> Result<(), String>,
    /// They talk: e.g. print a link to the live call.
    pub talking: &'a mut dyn FnMut(&Talk) -> Vec<String>,
    /// Signs an agent out whose phone is no longer registered.
    pub gone: &'a mut dyn FnMut(&DemoAgent) -> Result<(), String>,
}

/// Plays the call and checks every step. Errors are those of sockets and of `out`; whatever the
/// switch does wrong is in the verdict.
pub fn run(plan: &DemoPlan, hooks: &mut Hooks<'_>, out: &mut dyn Write) -> io::Result<Verdict> {
    let mut time = Timeline::new(out);
    let pump = Pump::start()?;
    let agents = start_agents(plan, &pump)?;
    let signed_in = register(plan, &agents, hooks, &mut time)?;
    if signed_in {
        let caller = start_caller(plan, &pump)?;
        call(plan, &agents, &caller, hooks, &mut time)?;
        let mut complaints = caller.complaints();
        complaints.extend(agents.iter().flat_map(Phone::complaints));
        let detail = complaints.first().cloned().unwrap_or_default();
        time.check(
            complaints.is_empty(),
            "信令与媒体无差错 · no fault in SIP, SDP or RTP",
            detail,
        )?;
    }
    for agent in &agents {
        if matches!(agent.wait_registered(Duration::ZERO, |_| true), RegisterState::On { .. }) {
            agent.unregister(plan.limit);
        }
    }
    if signed_in {
        let mut detail = String::new();
        for agent in &plan.agents {
            if let Err(why) = (hooks.gone)(agent) {
                detail = format!("{}: {why}", agent.number);
            }
        }
        time.check(detail.is_empty(), "坐席签出 · the agents sign out", detail)?;
    }
    time.finish()
}

fn start_agents(plan: &DemoPlan, pump: &Pump) -> io::Result<Vec<Phone>> {
    let start = |agent: &DemoAgent| {
        let mut settings = PhoneSettings::new(&agent.number);
        settings.bind = agent.bind;
        settings.display = Some(agent.name.clone());
        settings.server = Some(plan.server);
        settings.password = agent.password.clone();
        settings.answer_on_talk = true;
        settings.answer_on_request = true;
        settings.source = Source::tone(agent.hz);
        settings.listen_hz = vec![plan.caller_hz];
        settings.pump = Some(pump.clone());
        Phone::start(settings)
    };
    plan.agents.iter().map(start).collect()
}

fn start_caller(plan: &DemoPlan, pump: &Pump) -> io::Result<Phone> {
    let mut settings = PhoneSettings::new(&plan.caller);
    settings.bind = plan.carrier;
    settings.server = Some(plan.server);
    settings.source = Source::tone(plan.caller_hz);
    settings.listen_hz = plan.agents.iter().map(|agent| agent.hz).collect();
    settings.pump = Some(pump.clone());
    Phone::start(settings)
}

fn register(
    plan: &DemoPlan,
    phones: &[Phone],
    hooks: &mut Hooks<'_>,
    time: &mut Timeline<'_>,
) -> io::Result<bool> {
    for (agent, phone) in plan.agents.iter().zip(phones) {
        let DemoAgent { number, name, .. } = agent;
        if agent.password.is_some() {
            let state = phone.register(plan.limit);
            let held = matches!(state, RegisterState::On { .. });
            let detail = if held { String::new() } else { format!("{state:?}") };
            let what = format!("坐席 {number} {name} 话机注册 · agent {number} registers");
            if !time.check(held, &what, detail)? {
                return Ok(false);
            }
        }
        let ready = (hooks.ready)(agent, phone.address());
        let what = format!("坐席 {number} {name} 签入就绪 · agent {number} signs in, ready");
        let held = ready.is_ok();
        if !time.check(held, &what, ready.err().unwrap_or_default())? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The call itself; stops at the first step without which the next makes no sense.
fn call(
    plan: &DemoPlan,
    phones: &[Phone],
    carrier: &Phone,
    hooks: &mut Hooks<'_>,
    time: &mut Timeline<'_>,
) -> io::Result<()> {
    let (number, from) = (&plan.number, &plan.caller);
    time.step(&format!("市民 {from} 拨打 {number} · citizen {from} calls {number}"))?;
    let caller = carrier.call(&format!("sip:{number}@{}", plan.server))?;
    let answer = caller.wait_answer(plan.limit);
    let detail = match answer {
        Ok(()) => set_up_detail(&caller),
        Err(why) => why.to_string(),
    };
    if !time.check(answer.is_ok(), "系统接听 · the switch answers", detail)? {
        return Ok(());
    }
    let sound = caller.hears_sound(plan.limit);
    time.check(sound, "市民听到欢迎语 · the citizen hears the welcome", loudest(&caller.hear()))?;
    for (wait, key) in &plan.keys {
        world::sleep_until(world::now() + *wait);
        caller.press(&key.to_string());
        let pressed = caller.wait_pressed(plan.limit);
        time.check(pressed, &format!("市民按 {key} · the citizen presses {key}"), String::new())?;
    }
    let ringing = wait_for_agent(plan, phones, &caller);
    let Some((at, ring)) = ringing else {
        time.check(false, "坐席振铃 · an agent's phone rings", end_detail(&caller))?;
        caller.hang_up();
        return Ok(());
    };
    let agent = &plan.agents[at];
    let shown = ring.caller();
    let what = format!("坐席 {} {} 振铃 · agent {} rings", agent.number, agent.name, agent.number);
    time.check(true, &what, format!("来电显示 shows {}", shown.number))?;
    let right = shown.number.ends_with(from.trim_start_matches('0'));
    time.check(right, "来电号码正确 · the caller's number is shown", shown.number)?;
    world::sleep_until(world::now() + plan.ring);
    ring.answer();
    let answer = ring.wait_answer(plan.limit);
    let detail = answer.err().map(|why| why.to_string()).unwrap_or_default();
    let what = format!("坐席 {} 接听 · agent {} answers", agent.number, agent.number);
    if !time.check(answer.is_ok(), &what, detail)? {
        caller.hang_up();
        return Ok(());
    }
    time.answered_by(&agent.number);
    talk(plan, agent, &caller, &ring, hooks, time)?;
    after_talk(plan, agent, &caller, &ring, time)
}

fn talk(
    plan: &DemoPlan,
    agent: &DemoAgent,
    caller: &Call,
    ring: &Call,
    hooks: &mut Hooks<'_>,
    time: &mut Timeline<'_>,
) -> io::Result<()> {
    let there = ring.hears_tone(plan.caller_hz, plan.limit);
    time.check(
        there,
        "坐席听到市民 · the agent hears the citizen",
        tone_detail(&ring.hear(), plan.caller_hz),
    )?;
    let back = caller.hears_tone(agent.hz, plan.limit);
    time.check(
        back,
        "市民听到坐席 · the citizen hears the agent",
        tone_detail(&caller.hear(), agent.hz),
    )?;
    let talk = Talk { caller: plan.caller.clone(), agent: agent.number.clone() };
    for line in (hooks.talking)(&talk) {
        time.step(&line)?;
    }
    let seconds = plan.talk.as_secs_f64();
    time.step(&format!("通话 {seconds:.0} 秒 · they talk for {seconds:.0} s"))?;
    world::sleep_until(world::now() + plan.talk);
    let still =
        ring.hears_tone(plan.caller_hz, plan.limit) && caller.hears_tone(agent.hz, plan.limit);
    time.check(
        still,
        "结束前双向仍有声音 · both still hear each other",
        both_detail(caller, ring),
    )?;
    Ok(())
}

fn after_talk(
    plan: &DemoPlan,
    agent: &DemoAgent,
    caller: &Call,
    ring: &Call,
    time: &mut Timeline<'_>,
) -> io::Result<()> {
    ring.hang_up();
    let end = ring.wait_end(plan.limit);
    let what = format!("坐席 {} 挂机 · agent {} hangs up", agent.number, agent.number);
    time.check(end == Some(EndedBy::Us), &what, String::new())?;
    let heard = ring.hear();
    let whole = heard.lost == 0 && heard.doubled == 0 && heard.foreign == 0;
    time.check(
        whole,
        "坐席侧无丢包 · no packet lost towards the agent",
        format!("{} 包 packets, jitter {:.1} ms", heard.received, heard.jitter_ms),
    )?;
    if let Some(rating) = plan.rating {
        let asked = caller.hears_sound(plan.limit);
        time.check(asked, "市民听到评价提示 · the citizen hears the survey", end_detail(caller))?;
        caller.press(&rating.to_string());
        let pressed = caller.wait_pressed(plan.limit);
        let what = format!("市民评价 {rating} · the citizen rates {rating}");
        time.check(pressed, &what, String::new())?;
    }
    let end = caller.wait_end(plan.limit);
    if end.is_none() {
        caller.hang_up();
    }
    time.check(
        end == Some(EndedBy::Them),
        "系统结束通话 · the switch ends the call",
        end_detail(caller),
    )?;
    let heard = caller.hear();
    time.check(
        heard.lost == 0 && heard.doubled == 0 && heard.foreign == 0 && heard.malformed == 0,
        "市民侧无丢包 · no packet lost towards the citizen",
        format!("{} 包 packets, jitter {:.1} ms", heard.received, heard.jitter_ms),
    )?;
    Ok(())
}

fn wait_for_agent(plan: &DemoPlan, phones: &[Phone], caller: &Call) -> Option<(usize, Call)> {
    let end = world::now() + plan.limit;
    while world::now() < end && caller.is_up() {
        for (at, phone) in phones.iter().enumerate() {
            if let Some(call) = phone.wait_call(LOOK) {
                return Some((at, call));
            }
        }
    }
    None
}

fn set_up_detail(call: &Call) -> String {
    let view = call.view();
    match (view.begun, view.answered) {
        (Some(begun), Some(answered)) => {
            format!("{:.1} ms", (answered - begun).as_secs_f64() * 1_000.0)
        }
        _ => String::new(),
    }
}

fn end_detail(call: &Call) -> String {
    match call.view().ended {
        Some((by, _)) => format!("{by:?}"),
        None => String::new(),
    }
}

fn loudest(heard: &Heard) -> String {
    let level = heard.windows.iter().map(|window| window.level_dbm0).fold(-90.0, f32::max);
    format!("{level:.0} dBm0, {} 包 packets", heard.received)
}

fn tone_detail(heard: &Heard, hz: u16) -> String {
    let share = heard.windows.last().map_or(0.0, |window| window.share(hz));
    format!("{hz} Hz, {:.0} %", share * 100.0)
}

fn both_detail(caller: &Call, agent: &Call) -> String {
    let (one, other) = (caller.hear(), agent.hear());
    format!("lost {} / {}, late {} / {}", one.lost, other.lost, one.late, other.late)
}
