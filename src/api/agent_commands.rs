use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use crate::api::fields::{Ask, Nothing};
use crate::api::in_path::InPath;
use crate::api::json_body::JsonBody;
use crate::api::openapi::{Denied, Refused};
use crate::api::problem::Problem;
use crate::api::problem_kind::Kind;
use crate::api::shared::House;
use crate::base::AgentId;
use crate::call::Command;

/// Characters of a reason.
const REASON_MAX: usize = 64;

/// What `not-ready` takes.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "lunch"}))]
pub(crate) struct NotReadyBody {
    /// Why: one of the configured reasons or free text.
    #[schema(min_length = 1, max_length = 64)]
    reason: String,
}

/// Commands that need nothing but the agent.
macro_rules! commands {
    ($($(#[doc = $doc:literal])* $name:ident $path:tt $command:ident;)*) => {$(
        $(#[doc = $doc])*
        #[utoipa::path(post, path = $path, tag = "agents",
            params(("id" = String, Path, description = "The agent.", example = "lan")),
            responses((status = 204, description = "Done."), Refused, Denied))]
        pub(crate) async fn $name(
            State(house): State<House>,
            InPath(agent): InPath<AgentId>,
            _none: Ask<Nothing>,
        ) -> Result<StatusCode, Problem> {
            house.door.commands.ask(Command::$command { agent }).await?;
            Ok(StatusCode::NO_CONTENT)
        }
    )*};
}

commands! {
    /// 签入: the agent begins to work, not ready at first. A phone that keeps its leg open is called
    /// first: the answer comes when it is up (at most 30 s), or is 409 and the agent stays signed out.
    sign_in "/v1/agents/{id}/sign-in" SignIn;
    /// 签出: only from not ready. Ends the leg that the phone keeps open.
    sign_out "/v1/agents/{id}/sign-out" SignOut;
    /// 置闲: calls may be offered. During a call it becomes the next state. A phone whose open leg is
    /// down is called first, as at sign-in.
    ready "/v1/agents/{id}/ready" Ready;
    /// 话后完成: ends wrap-up before its limit.
    wrap_up_done "/v1/agents/{id}/wrap-up-done" WrapUpDone;
    /// 软摘机: answers the call that rings at the agent's phone, if the phone can. On an open leg the
    /// two are joined at once.
    answer "/v1/agents/{id}/answer" Answer;
    /// 软挂机: hangs up the agent's call; the flow goes on with the caller.
    hang_up "/v1/agents/{id}/hang-up" HangUpAgent;
    /// 保持: the caller hears music.
    hold "/v1/agents/{id}/hold" Hold;
    /// 拾回: caller and agent hear each other again.
    retrieve "/v1/agents/{id}/retrieve" Retrieve;
}

/// 置忙 with a reason: no calls please. During a call it becomes the next state.
#[utoipa::path(post, path = "/v1/agents/{id}/not-ready", tag = "agents",
    params(("id" = String, Path, description = "The agent.", example = "lan")),
    request_body = NotReadyBody,
    responses((status = 204, description = "Done."), Refused, Denied))]
pub(crate) async fn not_ready(
    State(house): State<House>,
    InPath(agent): InPath<AgentId>,
    _none: Ask<Nothing>,
    JsonBody(body): JsonBody<NotReadyBody>,
) -> Result<StatusCode, Problem> {
    let reason = body.reason;
    let length = reason.chars().count();
    if !(1..=REASON_MAX).contains(&length) || reason.chars().any(char::is_control) {
        let allowed = format!("a text of 1 to {REASON_MAX} characters without control characters");
        let detail =
            format!("reason has {length} characters or control characters; it is {allowed}");
        return Err(Problem::new(Kind::BadBody, detail).about("reason", allowed));
    }
    house.door.commands.ask(Command::NotReady { agent, reason }).await?;
    Ok(StatusCode::NO_CONTENT)
}
