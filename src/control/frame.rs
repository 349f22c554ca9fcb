//! Frames of the control socket: four octets of length, most significant first, then that much JSON; behind what is about
//! mail, with a length of their own, the octets of the messages that it tells of.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Why a frame could not be exchanged; the connection ends with it (hostile B92).
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Longer than the reader takes.
    #[error("a frame of {0} octets is too long")]
    TooLong(usize),
    /// Not the JSON that was expected.
    #[error("a frame is not understood: {0}")]
    Json(#[from] serde_json::Error),
    /// The connection broke, or ended within a frame.
    #[error("the control socket: {0}")]
    Io(#[from] std::io::Error),
}

/// Reads one frame of at most `max` octets.
pub(super) async fn read<T: DeserializeOwned>(
    stream: &mut (impl AsyncRead + Unpin),
    max: usize,
) -> Result<T, FrameError> {
    Ok(serde_json::from_slice(&read_octets(stream, max).await?)?)
}

/// Reads what has a length. What that claims is not reserved before it arrives.
pub(super) async fn read_octets(stream: &mut (impl AsyncRead + Unpin), max: usize) -> Result<Vec<u8>, FrameError> {
    let length = stream.read_u32().await?;
    let expected = usize::try_from(length).unwrap_or(usize::MAX);
    if expected > max {
        return Err(FrameError::TooLong(expected));
    }
    let mut octets = Vec::new();
    stream.take(u64::from(length)).read_to_end(&mut octets).await?;
    if octets.len() < expected {
        return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
    }
    Ok(octets)
}

/// Writes one frame.
pub(super) async fn write<T: Serialize>(
    stream: &mut (impl AsyncWrite + Unpin),
    value: &T,
    max: usize,
) -> Result<(), FrameError> {
    write_octets(stream, &serde_json::to_vec(value)?, max).await
}

/// Writes something behind its length.
pub(super) async fn write_octets(
    stream: &mut (impl AsyncWrite + Unpin),
    octets: &[u8],
    max: usize,
) -> Result<(), FrameError> {
    let length = u32::try_from(octets.len()).ok().filter(|_| octets.len() <= max);
    stream.write_u32(length.ok_or(FrameError::TooLong(octets.len()))?).await?;
    stream.write_all(octets).await?;
    Ok(stream.flush().await?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_frame_arrives_as_it_was_sent() {
        let (mut here, mut there) = tokio::io::duplex(8);
        let sent = vec!["Đào".to_owned(); 100];
        let (written, read) = tokio::join!(write(&mut here, &sent, 4096), read::<Vec<String>>(&mut there, 4096));
        written.unwrap();
        assert_eq!(read.unwrap(), sent);
    }

    #[tokio::test]
    async fn garbage_length_and_half_a_frame_are_refused() {
        for (octets, cause) in [
            (&b"GET / HTTP/1.1\r\n\r\n"[..], "too long"),
            (&[0x40, 0, 0, 0, b'"'][..], "too long"),
            (&[0, 0, 0, 9, b'"', b'a'][..], "end of file"),
            (&[0, 0][..], "end of file"),
            (&[0, 0, 0, 2, b'"', b'a'][..], "not understood"),
        ] {
            let error = read::<String>(&mut &octets[..], 1024).await.unwrap_err().to_string();
            assert!(error.contains(cause), "{error} instead of {cause}");
        }
        assert!(matches!(write(&mut tokio::io::sink(), &"x".repeat(9), 10).await, Err(FrameError::TooLong(11))));
    }
}
