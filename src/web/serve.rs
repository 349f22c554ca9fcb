//! One connection of a browser or of monitoring: HTTP/1.1, in clear or under TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Door;
use super::visit::Peer;
use crate::limits;
use crate::net::Tls;

/// The first octet of a TLS handshake: RFC 8446 §5.1.
const HANDSHAKE: u8 = 22;

/// What is said to a browser that came without TLS; it is the one sentence here that has no language to choose.
const WITHOUT_TLS: &[u8] =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n\
    Địa chỉ của trang này bắt đầu bằng https://\nThe address of this page begins with https://\n"
        .as_bytes();

/// Serves one connection in clear until it ends, idles too long, or the daemon drains.
pub async fn serve(connection: TcpStream, pages: Router, drain: CancellationToken) {
    run(connection, TowerToHyperService::new(pages), drain).await;
}

/// Serves one connection to the staff page.
pub async fn serve_tls(connection: TcpStream, peer: SocketAddr, door: Door, tls: Arc<Tls>, drain: CancellationToken) {
    let mut first = [0];
    match timeout(limits::TLS_HANDSHAKE_MAX, connection.peek(&mut first)).await {
        Ok(Ok(1)) if first == [HANDSHAKE] => {}
        Ok(Ok(1)) => return explain(connection).await,
        // Nothing came, or nobody is there.
        Ok(_) | Err(_) => return,
    }
    let stream = match tls.accept(connection).await {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%peer, %error, "no TLS with a browser");
            return;
        }
    };
    let pages = TowerToHyperService::new(door.router());
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        pages.call(request)
    });
    run(stream, service, drain).await;
}

/// Answers somebody who came without TLS, and closes.
async fn explain(mut connection: TcpStream) {
    // Read first: closing on what was not read would take the answer back.
    let _ = connection.try_read(&mut [0; limits::WEB_REQUEST_BYTES_MAX]);
    let answer = async {
        connection.write_all(WITHOUT_TLS).await?;
        connection.shutdown().await
    };
    let _ = timeout(limits::WEB_REQUEST_WAIT_MAX, answer).await;
}

async fn run<S, V>(stream: S, service: V, drain: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin,
    V: Service<hyper::Request<Incoming>, Response = axum::response::Response, Error = std::convert::Infallible>,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::WEB_REQUEST_WAIT_MAX)
        .max_buf_size(limits::WEB_REQUEST_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Ok(ended),
        () = ending(&drain) => {
            connection.as_mut().graceful_shutdown();
            timeout(limits::WEB_REQUEST_WAIT_MAX, connection).await
        }
    };
    if let Ok(Err(error)) = ended {
        tracing::debug!(%error, "web connection");
    }
}

/// When no further request is to be taken: the daemon drains, or the connection is old.
async fn ending(drain: &CancellationToken) {
    let _ = timeout(limits::WEB_CONNECTION_WAIT_MAX, drain.cancelled()).await;
}
