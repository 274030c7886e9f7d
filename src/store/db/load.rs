use sqlx::{SqliteConnection, query};

use crate::base::{CallId, TenantId, Wall};
use crate::call::{CallArrived, Cdr, Fact, Record};
use crate::store::db::value::{name_of, signed};
use crate::store::spool::call_of;
use crate::store::{Published, Stored};

type Done = Result<(), sqlx::Error>;

/// Puts one record into its tables, unless it is there already.
pub(super) async fn load(db: &mut SqliteConnection, stored: &Stored) -> Done {
    let Published { number, record } = &stored.published;
    if !load_event(db, *number, record).await? {
        return Ok(());
    }
    let (id, at, tenant) = (record.id.to_string(), record.at.as_micros(), record.tenant.as_str());
    match &record.fact {
        Fact::CallArrived(arrived) => load_arrival(db, &record.tenant, record.at, arrived).await,
        Fact::Cdr(cdr) => load_cdr(db, record, cdr).await,
        Fact::CallAnswered { call, at } => {
            query("UPDATE call SET t_ivr = ? WHERE call = ? AND cause IS NULL")
                .bind(at.as_micros())
                .bind(call.to_string())
                .execute(db)
                .await?;
            Ok(())
        }
        Fact::QueueEntered { call, queue } => {
            query(
                "UPDATE call SET queue = ?, t_req = coalesce(t_req, ?) \
                 WHERE call = ? AND cause IS NULL",
            )
            .bind(queue.as_str())
            .bind(at)
            .bind(call.to_string())
            .execute(&mut *db)
            .await?;
            let event =
                QueueEvent { queue: Some(queue.as_str()), ..QueueEvent::new(call, "entered") };
            load_queue_event(db, record, event).await
        }
        Fact::QueueLeft { call, queue, why, wait_ms } => {
            let result = Some(name_of(why));
            let (queue, ms) = (Some(queue.as_str()), Some(*wait_ms));
            let event = QueueEvent { queue, result, ms, ..QueueEvent::new(call, "left") };
            load_queue_event(db, record, event).await
        }
        Fact::Offered { call, agent, queue } => {
            let (queue, agent) = (Some(queue.as_str()), Some(agent.as_str()));
            let event = QueueEvent { queue, agent, ..QueueEvent::new(call, "offered") };
            load_queue_event(db, record, event).await
        }
        Fact::OfferEnded { call, agent, result, ring_ms } => {
            let (agent, result) = (Some(agent.as_str()), Some(name_of(result)));
            let ms = Some(*ring_ms);
            let event = QueueEvent { agent, result, ms, ..QueueEvent::new(call, "offer_ended") };
            load_queue_event(db, record, event).await
        }
        Fact::AgentChanged { agent, status, reason, state, call, previous_ms } => {
            query("INSERT INTO agent_event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
                .bind(id)
                .bind(tenant)
                .bind(at)
                .bind(agent.as_str())
                .bind(status)
                .bind(reason)
                .bind(state)
                .bind(call.map(|call| call.to_string()))
                .bind(signed(*previous_ms))
                .execute(db)
                .await?;
            Ok(())
        }
        Fact::RecordingStarted { call, recording, channels: [left, right] } => {
            query(
                "INSERT INTO recording (recording, tenant, call, at, left_is, right_is) \
                 VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (recording) DO UPDATE SET \
                 at = excluded.at, left_is = excluded.left_is, right_is = excluded.right_is",
            )
            .bind(recording.to_string())
            .bind(tenant)
            .bind(call.to_string())
            .bind(at)
            .bind(left)
            .bind(right)
            .execute(db)
            .await?;
            Ok(())
        }
        Fact::RecordingEnded { call, recording, length_ms } => {
            query(
                "INSERT INTO recording (recording, tenant, call, at, length_ms) \
                 VALUES (?, ?, ?, ?, ?) \
                 ON CONFLICT (recording) DO UPDATE SET length_ms = excluded.length_ms",
            )
            .bind(recording.to_string())
            .bind(tenant)
            .bind(call.to_string())
            .bind(at)
            .bind(signed(*length_ms))
            .execute(db)
            .await?;
            Ok(())
        }
        Fact::Voicemail { call, r#box, recording, length_ms } => {
            query("INSERT OR REPLACE INTO voicemail VALUES (?, ?, ?, ?, ?, ?)")
                .bind(recording.to_string())
                .bind(tenant)
                .bind(call.to_string())
                .bind(r#box.as_str())
                .bind(at)
                .bind(signed(*length_ms))
                .execute(db)
                .await?;
            Ok(())
        }
        Fact::StrangersRefused { source, count } => {
            query("INSERT INTO stranger VALUES (?, ?, ?, ?)")
                .bind(id)
                .bind(at)
                .bind(source)
                .bind(signed(*count))
                .execute(db)
                .await?;
            Ok(())
        }
        Fact::Alarm { id: alarm, what, cleared } => {
            query("INSERT INTO alarm VALUES (?, ?, ?, ?, ?)")
                .bind(id)
                .bind(at)
                .bind(alarm)
                .bind(what)
                .bind(*cleared)
                .execute(db)
                .await?;
            Ok(())
        }
        Fact::LegUp { .. }
        | Fact::LegDown { .. }
        | Fact::Connected { .. }
        | Fact::Held { .. }
        | Fact::Retrieved { .. }
        | Fact::Rated { .. }
        | Fact::Registration { .. }
        | Fact::InvitesRefused { .. }
        | Fact::TurnedAway(_)
        | Fact::Started { .. }
        | Fact::Stopped => Ok(()),
    }
}

/// `false` when the record was loaded before.
async fn load_event(
    db: &mut SqliteConnection,
    number: u64,
    record: &Record,
) -> Result<bool, sqlx::Error> {
    let fact = serde_json::to_value(&record.fact).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let done = query("INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?, ?)")
        .bind(record.id.to_string())
        .bind(record.tenant.as_str())
        .bind(signed(number))
        .bind(record.at.as_micros())
        .bind(fact.get("type").and_then(|t| t.as_str()).unwrap_or_default())
        .bind(call_of(&record.fact).map(|call| call.to_string()))
        .bind(fact.to_string())
        .execute(db)
        .await?;
    Ok(done.rows_affected() > 0)
}

async fn load_arrival(
    db: &mut SqliteConnection,
    tenant: &TenantId,
    at: Wall,
    arrived: &CallArrived,
) -> Done {
    query(
        "INSERT OR IGNORE INTO call (call, tenant, trunk, account, caller_raw, caller, called, \
         sip_call_id, t_in, caller_kind, region, flow) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(arrived.call.to_string())
    .bind(tenant.as_str())
    .bind(arrived.trunk.as_ref().map(|t| t.as_str()))
    .bind(arrived.account.as_ref().map(|a| a.as_str()))
    .bind(&arrived.caller_raw)
    .bind(&arrived.caller)
    .bind(&arrived.called)
    .bind(&arrived.sip_call_id)
    .bind(at.as_micros())
    .bind(&arrived.caller_kind)
    .bind(&arrived.region)
    .bind(&arrived.flow)
    .execute(db)
    .await?;
    Ok(())
}

async fn load_cdr(db: &mut SqliteConnection, record: &Record, cdr: &Cdr) -> Done {
    let us = |wall: Option<Wall>| wall.map(Wall::as_micros);
    query(
        "INSERT OR REPLACE INTO call (call, tenant, cause, trunk, account, caller_raw, caller, \
         caller_kind, region, called, sip_call_id, flow, t_in, t_ivr, t_req, t_offer, t_ans, \
         t_talk_end, t_end, wait_ms, talk_ms, hold_ms, total_ms, ended_by, sip_status, queue, \
         agent, offers, survey_invited, rating, recording, keys, legs) VALUES \
         (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \
         ?, ?, ?, ?)",
    )
    .bind(cdr.call.map_or_else(|| record.id.to_string(), |call| call.to_string()))
    .bind(record.tenant.as_str())
    .bind(name_of(&cdr.cause))
    .bind(cdr.trunk.as_ref().map(|t| t.as_str()))
    .bind(cdr.account.as_ref().map(|a| a.as_str()))
    .bind(&cdr.caller_raw)
    .bind(&cdr.caller)
    .bind(&cdr.caller_kind)
    .bind(&cdr.region)
    .bind(&cdr.called)
    .bind(&cdr.sip_call_id)
    .bind(&cdr.flow)
    .bind(cdr.t_in.as_micros())
    .bind(us(cdr.t_ivr))
    .bind(us(cdr.t_req))
    .bind(us(cdr.t_offer))
    .bind(us(cdr.t_ans))
    .bind(us(cdr.t_talk_end))
    .bind(cdr.t_end.as_micros())
    .bind(signed(cdr.wait_ms))
    .bind(signed(cdr.talk_ms))
    .bind(signed(cdr.hold_ms))
    .bind(signed(cdr.total_ms))
    .bind(name_of(&cdr.ended_by))
    .bind(cdr.sip_status)
    .bind(cdr.queue.as_ref().map(|q| q.as_str()))
    .bind(cdr.agent.as_ref().map(|a| a.as_str()))
    .bind(cdr.offers)
    .bind(cdr.survey_invited)
    .bind(cdr.rating)
    .bind(cdr.recording.map(|r| r.to_string()))
    .bind(&cdr.keys)
    .bind(serde_json::to_string(&cdr.legs).map_err(|e| sqlx::Error::Encode(e.into()))?)
    .execute(db)
    .await?;
    Ok(())
}

struct QueueEvent<'a> {
    call: CallId,
    kind: &'static str,
    queue: Option<&'a str>,
    agent: Option<&'a str>,
    result: Option<String>,
    ms: Option<u64>,
}

impl QueueEvent<'_> {
    const fn new(call: &CallId, kind: &'static str) -> Self {
        Self { call: *call, kind, queue: None, agent: None, result: None, ms: None }
    }
}

async fn load_queue_event(
    db: &mut SqliteConnection,
    record: &Record,
    event: QueueEvent<'_>,
) -> Done {
    query("INSERT INTO queue_event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(record.id.to_string())
        .bind(record.tenant.as_str())
        .bind(record.at.as_micros())
        .bind(event.call.to_string())
        .bind(event.kind)
        .bind(event.queue)
        .bind(event.agent)
        .bind(event.result)
        .bind(event.ms.map(signed))
        .execute(db)
        .await?;
    Ok(())
}
