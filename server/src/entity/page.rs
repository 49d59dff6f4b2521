//! Pages.

use sea_orm::entity::prelude::*;
use shared::channel::Channel;
use shared::uptime::GroupUptimeRule;
use shared::{PageId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "page")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: PageId,
    pub slug: String,
    pub name: String,
    pub description: Option<String>,
    pub website_url: Option<String>,
    pub host: Option<String>,
    pub is_default: bool,
    pub locale: String,
    pub time_zone: String,
    pub accent: String,
    pub partial_outage_percent: i32,
    pub counts_maintenance: bool,
    pub uptime_places: i32,
    pub group_uptime: GroupUptimeRule,
    /// Those that subscribers may choose, with commas between them.
    pub channels: String,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// What visitors may subscribe with.
    pub fn channels(&self) -> Vec<Channel> {
        self.channels.split(',').filter_map(Channel::from_word).collect()
    }

    /// As [`Self::channels`] reads them.
    pub fn channel_words(channels: &[Channel]) -> String {
        let words: Vec<&str> = channels.iter().map(|channel| channel.as_str()).collect();
        words.join(",")
    }
}

impl From<Model> for shared::page::Page {
    fn from(row: Model) -> Self {
        let channels = row.channels();
        let Model {
            id,
            slug,
            name,
            description,
            website_url,
            host,
            is_default,
            locale,
            time_zone,
            accent,
            partial_outage_percent,
            counts_maintenance,
            uptime_places,
            group_uptime,
            channels: _,
            version: _,
            created_at,
            updated_at,
        } = row;
        let code = shared::Coded::code(id);
        Self {
            id,
            code,
            slug,
            name,
            description,
            website_url,
            host,
            is_default,
            locale,
            time_zone,
            accent,
            partial_outage_percent: u32::try_from(partial_outage_percent).unwrap_or(0),
            counts_maintenance,
            uptime_places: u8::try_from(uptime_places).unwrap_or(2),
            group_uptime,
            channels,
            created_at,
            updated_at,
        }
    }
}
