//! Addresses of subscribers: kept sealed and found again by a keyed hash, so that a database in the wrong hands tells nobody's.

use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Set};
use shared::channel::Channel;

use crate::context::{Audit, Ctx, Secrets};
use crate::entity::subscription;
use crate::error::Result;

const SEAL: &str = "subscription target";
const HASH: &str = "subscription target hash";
const SECRET: &str = "subscription secret";
/// Rows sealed in one transaction.
const ROWS: u64 = 500;

/// An address as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub sealed: String,
    pub hash: String,
}

/// What an address is found by.
pub fn hash(secrets: &Secrets, channel: Channel, target: &str) -> String {
    let message = format!("{channel}\0{target}");
    hex::encode(secrets.signer(HASH).sign(message.as_bytes()))
}

/// Seals an address for its row.
pub fn seal(secrets: &Secrets, channel: Channel, target: &str) -> Result<Kept> {
    let hash = hash(secrets, channel, target);
    let sealed = secrets.seal(SEAL, &hash, target)?;
    Ok(Kept { sealed, hash })
}

/// The address of a subscription. An error if it was sealed under another key.
pub fn open(secrets: &Secrets, row: &subscription::Model) -> Result<String> {
    match (&row.sealed_target, &row.target_hash) {
        (Some(sealed), Some(hash)) => Ok(secrets.unseal(SEAL, hash, sealed)?),
        // Written before addresses were sealed.
        _ => Ok(row.target.clone()),
    }
}

/// The address as those may see it who may not see all of it.
pub fn hidden(secrets: &Secrets, row: &subscription::Model) -> String {
    let address = open(secrets, row).unwrap_or_default();
    row.channel.hide(&address)
}

/// Seals what a subscription signs with, in the row of an address.
pub fn seal_secret(secrets: &Secrets, kept: &Kept, secret: &str) -> Result<String> {
    Ok(secrets.seal(SECRET, &kept.hash, secret)?)
}

/// What a subscription signs with, if it does.
pub fn open_secret(secrets: &Secrets, row: &subscription::Model) -> Result<Option<String>> {
    let kept = row.sealed_secret.as_ref().zip(row.target_hash.as_ref());
    let opened = kept
        .map(|(sealed, hash)| secrets.unseal(SECRET, hash, sealed))
        .transpose();
    Ok(opened?)
}

/// Seals the addresses of a database that kept them open. Safe to repeat.
pub async fn seal_all(cx: &Ctx) -> Result<()> {
    loop {
        let rows = subscription::Entity::find()
            .filter(subscription::Column::TargetHash.is_null())
            .limit(ROWS)
            .all(&cx.db)
            .await?;
        if rows.is_empty() {
            return Ok(());
        }
        let tx = cx.begin().await?;
        for row in rows {
            let kept = seal(&cx.secrets, row.channel, &row.target)?;
            let mut sealed = row.into_active_model();
            sealed.target = Set(String::new());
            sealed.sealed_target = Set(Some(kept.sealed));
            sealed.target_hash = Set(Some(kept.hash));
            sealed.update(tx.conn()).await?;
        }
        tx.commit(Audit::Bookkeeping).await?;
    }
}
