//! What monitoring reads: `/metrics` (OpenMetrics text) and `/health`, over plain HTTP/1.1 without login.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::db::Db;
use crate::metrics::Metrics;

/// What the pages tell of.
#[derive(Clone, Debug)]
pub struct Services {
    /// The counters.
    pub metrics: Metrics,
    /// The database, which health depends on.
    pub db: Db,
}

/// The pages for monitoring.
pub fn monitoring(services: Services) -> Router {
    Router::new().route("/metrics", get(metrics)).route("/health", get(health)).with_state(services)
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
