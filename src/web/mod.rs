//! What monitoring reads: `/metrics` (OpenMetrics text) and `/health`, over plain HTTP/1.1 without login.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::db::Db;
use crate::limits;
use crate::metrics::Metrics;

/// What the pages tell of.
#[derive(Clone, Debug)]
pub struct Services {
    /// The counters.
    pub metrics: Metrics,
    /// The database, which health depends on.
    pub db: Db,
}

/// The pages.
pub fn pages(services: Services) -> Router {
    Router::new().route("/metrics", get(metrics)).route("/health", get(health)).with_state(services)
}

/// Serves one connection until it ends, idles too long, or the daemon drains.
pub async fn serve(connection: TcpStream, pages: Router, drain: CancellationToken) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::WEB_REQUEST_WAIT_MAX)
        .max_buf_size(limits::WEB_REQUEST_BYTES_MAX)
        .serve_connection(TokioIo::new(connection), TowerToHyperService::new(pages));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = drain.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "web connection");
    }
}

async fn metrics(State(services): State<Services>) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    match services.metrics.text(services.db.wal_bytes()) {
        Ok(text) => (kind, text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Well is who can read the database.
async fn health(State(services): State<Services>) -> Response {
    match services.db.read().await {
        Ok(_) => "ok\n".into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}
