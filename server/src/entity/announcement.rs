//! What pages tell all their visitors.

use sea_orm::entity::prelude::*;
use shared::announcement::{Announcement, AnnouncementStatus, PublicAnnouncement};
use shared::{AnnouncementId, Coded, PageId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "announcement")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: AnnouncementId,
    pub page_id: PageId,
    pub title: String,
    pub message: String,
    pub status: AnnouncementStatus,
    pub starts_at: Timestamp,
    pub ends_at: Option<Timestamp>,
    pub actual_started_at: Option<Timestamp>,
    pub actual_ended_at: Option<Timestamp>,
    pub notify: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Announcement {
    fn from(row: Model) -> Self {
        let Model {
            id,
            page_id,
            title,
            message,
            status,
            starts_at,
            ends_at,
            actual_started_at,
            actual_ended_at,
            notify,
            created_at,
            updated_at,
        } = row;
        Self {
            id,
            code: id.code(),
            page_id,
            title,
            message,
            status,
            starts_at,
            ends_at,
            actual_started_at,
            actual_ended_at,
            notify,
            created_at,
            updated_at,
        }
    }
}

impl From<Model> for PublicAnnouncement {
    fn from(row: Model) -> Self {
        let Model {
            id,
            page_id: _,
            title,
            message,
            status: _,
            starts_at,
            ends_at,
            actual_started_at,
            actual_ended_at,
            notify: _,
            created_at: _,
            updated_at,
        } = row;
        Self {
            id: id.code(),
            title,
            message,
            starts_at: actual_started_at.unwrap_or(starts_at),
            ends_at: actual_ended_at.or(ends_at),
            updated_at,
        }
    }
}
