//! Both ends of the control socket.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::limits;

use super::execute::{Services, execute};
use super::frame::{self, FrameError};
use super::{Call, Caller, Failure, Reply, Request};

/// Why a call got no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nobody listens: no daemon runs here.
    #[error("no daemon listens at {}", .0.display())]
    NotRunning(PathBuf),
    /// The daemon did not answer in time.
    #[error("the daemon did not answer in time")]
    Late,
    /// The conversation broke.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// Where the socket is in a data directory.
fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("run/control.sock")
}

/// Whether a daemon listens in a data directory.
pub async fn listens(data_dir: &Path) -> bool {
    UnixStream::connect(path(data_dir)).await.is_ok()
}

/// Asks the daemon of a data directory.
pub async fn call(data_dir: &Path, call: &Call) -> Result<Result<Reply, Failure>, CallError> {
    let path = path(data_dir);
    let Ok(mut stream) = UnixStream::connect(&path).await else { return Err(CallError::NotRunning(path)) };
    let conversation = async {
        frame::write(&mut stream, call, limits::CONTROL_REQUEST_BYTES_MAX).await?;
        if let Request::Mail(_) = call.request {
            frame::write_octets(&mut stream, &call.octets, limits::CONTROL_OCTETS_MAX).await?;
        }
        let mut answer: Result<Reply, Failure> = frame::read(&mut stream, limits::CONTROL_RESPONSE_BYTES_MAX).await?;
        if let Ok(Reply::Mail(answer)) = &mut answer {
            answer.octets = frame::read_octets(&mut stream, limits::CONTROL_OCTETS_MAX).await?;
        }
        Ok::<_, FrameError>(answer)
    };
    match timeout(limits::CONTROL_RESPONSE_WAIT_MAX, conversation).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(CallError::Late),
    }
}

/// The daemon's end: bound, and not yet answering.
pub struct Control {
    socket: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Binds the socket, so that only the daemon's owner may connect. Whoever calls this holds the directory's lock, so
    /// a socket that is there already belongs to nobody.
    pub fn bind(data_dir: &Path) -> io::Result<Self> {
        let path = path(data_dir);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { socket, path })
    }

    /// Answers until the drain, then finishes what is being done, unless that is cut: whoever asked may have stopped
    /// reading.
    pub async fn serve(self, services: Arc<ArcSwap<Services>>, drain: CancellationToken, cut: CancellationToken) {
        let places = Arc::new(Semaphore::new(limits::CONTROL_CONNECTIONS_MAX));
        let calls = TaskTracker::new();
        let accepting = async {
            while let Ok(place) = places.clone().acquire_owned().await {
                match self.socket.accept().await {
                    Ok((stream, _)) => {
                        let (services, cut) = (services.load_full(), cut.clone());
                        calls.spawn(async move {
                            cut.run_until_cancelled(answer(stream, &services)).await;
                            drop(place);
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "accepting on the control socket");
                        tokio::time::sleep(limits::ACCEPT_REST).await;
                    }
                }
            }
        };
        drain.run_until_cancelled(accepting).await;
        let _ = std::fs::remove_file(&self.path);
        calls.close();
        calls.wait().await;
    }
}

/// One connection: one request, one response. Whatever is not a request ends it (hostile B92).
async fn answer(mut stream: UnixStream, services: &Services) {
    let conversation = async {
        let asked = timeout(limits::CONTROL_REQUEST_WAIT_MAX, async {
            let mut call: Call = frame::read(&mut stream, limits::CONTROL_REQUEST_BYTES_MAX).await?;
            if let Request::Mail(_) = call.request {
                call.octets = frame::read_octets(&mut stream, limits::CONTROL_OCTETS_MAX).await?;
            }
            Ok::<_, FrameError>(call)
        });
        let Ok(call) = asked.await else { return Ok(()) };
        let call = call?;
        let peer = stream.peer_cred()?;
        let caller = Caller::of(peer.uid(), peer.pid(), call.origin.clone());
        let answer = execute(call, &caller, services).await;
        frame::write(&mut stream, &answer, limits::CONTROL_RESPONSE_BYTES_MAX).await?;
        match &answer {
            Ok(Reply::Mail(answer)) => {
                frame::write_octets(&mut stream, &answer.octets, limits::CONTROL_OCTETS_MAX).await
            }
            _ => Ok(()),
        }
    };
    if let Err(error) = conversation.await {
        tracing::info!(%error, "control connection closed");
    }
}
