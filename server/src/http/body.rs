//! Reading what a request carries, within bounds of size and of time.

use std::time::Duration;

use futures::StreamExt as _;
use poem::Body;

/// Largest request body that is taken, in bytes.
pub const BODY_MAX: usize = 256 * 1024;
/// Of a body that is too large, so much is read and dropped: who closes a connection that still sends destroys the answer
/// on its way, and the sender sees a broken connection instead of the reason.
const DROPPED_MAX: usize = 8 * 1024 * 1024;
/// How long a body may take; a client that sends a byte a second does not hold us longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a body was not taken.
#[derive(Debug, PartialEq, Eq)]
pub enum Unread {
    TooLarge,
    TooSlow,
    Broken,
}

/// The whole body, up to [`BODY_MAX`].
pub async fn read(body: Body) -> Result<Vec<u8>, Unread> {
    tokio::time::timeout(PATIENCE, read_all(body))
        .await
        .unwrap_or(Err(Unread::TooSlow))
}

async fn read_all(body: Body) -> Result<Vec<u8>, Unread> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let mut chunks = Box::pin(body.into_bytes_stream());
    let mut taken = Vec::new();
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Unread::Broken)?;
        length += chunk.len();
        if length <= BODY_MAX {
            taken.extend_from_slice(&chunk);
        } else if length > DROPPED_MAX {
            break;
        } else {
            taken = Vec::new();
        }
    }
    if length > BODY_MAX {
        return Err(Unread::TooLarge);
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    fn body(sizes: &[usize]) -> Body {
        let chunks: Vec<std::io::Result<Vec<u8>>> = sizes.iter().map(|size| Ok(vec![7; *size])).collect();
        Body::from_bytes_stream(stream::iter(chunks))
    }

    #[tokio::test]
    async fn a_body_is_taken_up_to_its_limit() {
        assert_eq!(read(Body::empty()).await, Ok(Vec::new()));
        assert_eq!(read(body(&[BODY_MAX - 1, 1])).await.unwrap().len(), BODY_MAX);
        assert_eq!(read(body(&[BODY_MAX, 1])).await, Err(Unread::TooLarge));
        assert_eq!(read(body(&[DROPPED_MAX, DROPPED_MAX])).await, Err(Unread::TooLarge));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        let never = Body::from_bytes_stream(stream::pending::<std::io::Result<Vec<u8>>>());
        assert_eq!(read(never).await, Err(Unread::TooSlow));
    }
}
