use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::api::{self, Commands, Door, Events, Metrics, Reload};
use crate::base::{Fault, Faults};
use crate::call::{Command, CommandError};
use crate::media::Prompts;
use crate::node::engine::{StartError, system};
use crate::node::trunk_sources::TrunkSources;
use crate::node::{files, threads};
use crate::sip::Listener;
use crate::store::Published;

/// Serves the API. Returns where it listens.
pub(crate) fn start(
    runtime: &tokio::runtime::Runtime,
    listen: SocketAddr,
    door: Door,
) -> Result<SocketAddr, StartError> {
    let what =
        format!("the API cannot listen on {listen}; is another program there? change api.listen");
    let listener = runtime.block_on(tokio::net::TcpListener::bind(listen)).map_err(system(what))?;
    let address = listener.local_addr().map_err(system("the API's address cannot be read"))?;
    let router = api::router(door);
    runtime.spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the API ended");
        }
    });
    Ok(address)
}

/// Hands synced records on to whoever listens to events.
pub(crate) fn publish(published: Receiver<Vec<Published>>, events: Events, metrics: Metrics) {
    threads::spawn("events", move || {
        for batch in published {
            batch.iter().for_each(|event| metrics.record(&event.record));
            events.publish(batch);
        }
    });
}

/// Reads flows and configuration anew and puts them into use, or leaves everything as it is.
///
/// The work is a task of its own: a client that leaves does not leave it half done.
#[expect(clippy::disallowed_methods, reason = "tasks are born in node")]
pub(crate) fn reload(
    file: Option<PathBuf>,
    prompts: Arc<Prompts>,
    commands: Commands,
    nonce_key: [u8; 32],
    trunks: TrunkSources,
    listeners: Vec<Listener>,
) -> Reload {
    Arc::new(move || {
        let named = file.clone().unwrap_or_else(|| PathBuf::from("hotline.toml"));
        let (file, prompts, commands) = (file.clone(), Arc::clone(&prompts), commands.clone());
        let (listeners, trunks) = (listeners.clone(), trunks.clone());
        let put_into_use = async move {
            let named = file.clone().unwrap_or_else(|| PathBuf::from("hotline.toml"));
            let read = tokio::task::spawn_blocking(move || read(file.as_deref(), &prompts)).await;
            let (mut settings, flows) = read
                .unwrap_or_else(|_| Err(one_fault(&named, "could not be read: internal error")))?;
            if settings.sip.listeners != listeners {
                let what = "sip.listen changed: sockets change at a restart only";
                return Err(one_fault(&named, what));
            }
            settings.sip.nonce_key = nonce_key;
            let settings = Arc::new(settings);
            let command = Command::Use { settings: Arc::clone(&settings), flows: Arc::new(flows) };
            let refused = |error: CommandError| one_fault(&named, &error.to_string());
            commands.ask(command).await.map_err(refused)?;
            trunks.replace(&settings.sip.trunks);
            Ok(())
        };
        let task = tokio::spawn(put_into_use);
        Box::pin(
            async move { task.await.unwrap_or_else(|_| Err(one_fault(&named, "internal error"))) },
        )
    })
}

fn read(
    file: Option<&Path>,
    prompts: &Prompts,
) -> Result<(crate::call::Settings, crate::dialplan::Flows), Faults> {
    let (config, flows) = files::read_all(file, None, prompts)?;
    Ok((config.call, flows))
}

fn one_fault(file: &Path, what: &str) -> Faults {
    Faults(vec![Fault {
        file: file.to_path_buf(),
        line: 0,
        key: String::new(),
        what: what.to_owned(),
    }])
}
