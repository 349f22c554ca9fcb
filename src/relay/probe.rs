//! Whether the ways out can be used: tried as for mail, and left before any (`hopthu check`).

use futures_util::future::join_all;
use tokio::time::timeout;

use super::connection::Connection;
use super::settings::{Route, Settings};
use super::trouble::Trouble;
use crate::limits;
use crate::queue::{Lane, Reason};

/// What came of trying a way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// Which.
    pub lane: Lane,
    /// Where it leads, as configured: name and port.
    pub server: String,
    /// The server that answered, or why none is of use.
    pub found: Result<String, Reason>,
}

/// Tries every route, all at once: its name, the connection, greeting, EHLO, TLS and login.
pub async fn probe(settings: &Settings) -> Vec<Probed> {
    let each = settings.routes.iter().map(|(name, route)| async move {
        let silent = || {
            let seconds = limits::PROBE_WAIT_MAX.as_secs();
            Err(Reason::own("4.4.2", format!("there is no session within {seconds} s")))
        };
        Probed {
            lane: Lane::Route(name.clone()),
            server: format!("{}:{}", route.host, route.port),
            found: timeout(limits::PROBE_WAIT_MAX, reach(route, settings)).await.unwrap_or_else(|_| silent()),
        }
    });
    join_all(each).await
}

async fn reach(route: &Route, settings: &Settings) -> Result<String, Reason> {
    let opened = async {
        let targets = settings.resolver.server(&route.host, route.port).await?;
        Connection::open(&targets, route, &settings.hostname, settings.source).await
    };
    match opened.await {
        Ok(connection) => {
            let host = connection.host.clone();
            connection.quit().await;
            Ok(host)
        }
        Err(Trouble::Later(reason)) => Err(*reason),
        Err(Trouble::Never(reason)) => Err(reason),
    }
}
