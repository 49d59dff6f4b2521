//! Passwords: judged when they are chosen, kept as Argon2id, compared in the same time whoever is asked about.

use anyhow::anyhow;
use argon2::password_hash;
use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use shared::problem::FieldCode;
use tokio::sync::Semaphore;
use zxcvbn::{Score, zxcvbn};

use crate::error::{Error, Result};

// The second of OWASP's equivalent choices for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Passwords worked on at once: 4 × 19 MiB is what a flood of sign-ins can take.
static ROOM: Semaphore = Semaphore::const_new(4);
/// glibc gives what is larger than 32 MiB back to the system as soon as it is free, and keeps smaller blocks for each thread that
/// ever had one. Asking for more than is used costs nothing: what is never touched is never there.
const TAKEN_BACK_KIB: usize = 33 * 1024;

/// The hash of random bytes nobody kept. Comparing with it takes as long as comparing with a member's.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$PFU3NfbQ3zK9sHfcW1m+Dw$vS3GqvUyfZ0XHkTnYb7t0qJm1r4c6o9LwD2eB5xKaZs";

/// Refuses a password that is easy to guess for someone who knows whose it is.
pub async fn judge(field: &str, password: &str, email: &str, name: &str) -> Result<()> {
    let (password, about) = (password.to_owned(), known_words(email, name));
    let advice = heavy(move || advice(&password, &about)).await?;
    match advice {
        None => Ok(()),
        Some(advice) => Err(Error::field(field, FieldCode::TooWeak, advice)),
    }
}

/// The password as it is stored.
pub async fn hash(password: String) -> Result<String> {
    let hashed = heavy(move || stored(&password)).await?;
    hashed.map_err(|error| anyhow!("hashing a password: {error}").into())
}

fn stored(password: &str) -> password_hash::Result<String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    let salt = Salt::new(&rand::random::<[u8; 16]>())?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        hash: Some(digest(params.clone(), password, &salt)?),
        params: params.try_into()?,
        salt: Some(salt),
    };
    Ok(hash.to_string())
}

/// True if it is the password behind the hash. Without a hash the answer is no, after the same work.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    heavy(move || {
        let is_known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODY.to_owned());
        is_right(&password, &hash).is_ok_and(|is_right| is_right) && is_known
    })
    .await
}

fn is_right(password: &str, stored: &str) -> password_hash::Result<bool> {
    let stored = PasswordHash::new(stored)?;
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
        return Ok(false);
    };
    // Outputs are compared in constant time.
    Ok(digest(Params::try_from(&stored)?, password, salt)? == *expected)
}

fn digest(params: Params, password: &str, salt: &[u8]) -> password_hash::Result<Output> {
    let mut memory = Vec::with_capacity(TAKEN_BACK_KIB.max(params.block_count()));
    memory.resize(params.block_count(), Block::default());
    let mut bytes = [0; Params::DEFAULT_OUTPUT_LEN];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
        password.as_bytes(),
        salt,
        &mut bytes,
        &mut memory,
    )?;
    Ok(Output::new(&bytes)?)
}

/// What to tell the person, if the password is too weak.
fn advice(password: &str, about: &[String]) -> Option<String> {
    let about: Vec<&str> = about.iter().map(String::as_str).collect();
    let judged = zxcvbn(password, &about);
    if judged.score() >= Score::Three {
        return None;
    }
    let warning = judged.feedback().and_then(|feedback| feedback.warning());
    Some(match warning {
        Some(warning) => format!("is too easy to guess: {warning}"),
        None => "is too easy to guess: use several words that do not belong together".to_owned(),
    })
}

/// What a guesser would try first: the address and the name, whole, in parts, and run together.
fn known_words(email: &str, name: &str) -> Vec<String> {
    let parts = email.split(['@', '.', '+', '-', '_']).chain(name.split_whitespace());
    let mut words: Vec<String> = parts.filter(|part| part.len() > 1).map(str::to_owned).collect();
    let together = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let mailbox = email.split('@').next().unwrap_or_default();
    words.extend([email.to_owned(), together(mailbox), together(name), "signet".to_owned()]);
    words
}

/// Runs work that would hold up other requests on a thread of its own, when there is room.
async fn heavy<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let room = ROOM.acquire().await.map_err(anyhow::Error::from)?;
    let done = tokio::task::spawn_blocking(move || {
        let _room = room;
        work()
    });
    Ok(done.await.map_err(anyhow::Error::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_that_was_hashed_is_right() {
        let stored = hash("lantern orbit velvet".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(
            verify("lantern orbit velvet".into(), Some(stored.clone()))
                .await
                .unwrap()
        );
        assert!(!verify("lantern orbit velour".into(), Some(stored)).await.unwrap());
    }

    #[tokio::test]
    async fn what_we_store_is_what_everyone_calls_argon2id() {
        use argon2::{PasswordHasher, PasswordVerifier};
        let ours = hash("lantern orbit velvet".into()).await.unwrap();
        Argon2::default()
            .verify_password(b"lantern orbit velvet", ours.as_str())
            .unwrap();
        let theirs: PasswordHash = Argon2::default().hash_password(b"lantern orbit velvet").unwrap();
        assert!(
            verify("lantern orbit velvet".into(), Some(theirs.to_string()))
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn an_account_that_is_not_there_costs_the_same_work() {
        let stored = hash("lantern orbit velvet".into()).await.unwrap();
        let head = |hash: &str| hash.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(head(&stored), head(NOBODY));
        assert!(
            PasswordHash::new(NOBODY).is_ok(),
            "a hash that cannot be read would be refused at once"
        );
        assert!(!verify("anything".into(), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_password_made_of_the_name_is_too_weak() {
        let judged = async |password: &str| judge("password", password, "ana.silva@example.org", "Ana Silva").await;
        for weak in [
            "passwordpassword",
            "anasilva2026",
            "ana.silva@example.org",
            "aaaaaaaaaaaaaaaa",
        ] {
            let problem = judged(weak).await.expect_err(weak).to_problem();
            assert_eq!(problem.errors[0].code, FieldCode::TooWeak, "{weak}");
        }
        judged("lantern orbit velvet").await.unwrap();
    }
}
