//! A page: what a visitor opens. There is one from the start; more can be added, each with its own host name.

use crate::channel::Channel;
use crate::problem::FieldCode;
use crate::text::{self, NAME_MAX, Slug, WebUrl};
use crate::uptime::GroupUptimeRule;
use crate::{Check, PageId, Patch, Timestamp, Validate};

output! {
    /// A public status page.
    pub struct Page {
        pub id: PageId,
        /// 12 characters, stable for ever.
        pub code: String,
        pub slug: String,
        pub name: String,
        /// A sentence under the name, in Markdown.
        pub description: Option<String>,
        /// Where "back to the product" leads.
        pub website_url: Option<String>,
        /// The host name the page answers to; the default page answers to every other.
        pub host: Option<String>,
        pub is_default: bool,
        /// The language of the page unless the visitor asks for another.
        pub locale: String,
        /// The IANA time zone days are counted in, such as `Europe/Berlin`.
        pub time_zone: String,
        /// The one colour of the page's theme, `#rrggbb`.
        pub accent: String,
        /// How much of a partial outage's time counts as downtime, in percent.
        pub partial_outage_percent: u32,
        /// True if maintenance counts as time up; otherwise it is left out.
        pub counts_maintenance: bool,
        /// Decimal places of an uptime, 0 to 3.
        pub uptime_places: u8,
        /// What the uptime of a group is.
        pub group_uptime: GroupUptimeRule,
        /// What visitors may subscribe with.
        pub channels: Vec<Channel>,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
    }
}

input! {
    /// A page to add.
    pub struct NewPage {
        pub name: String,
        /// Made from the name if left out.
        pub slug: Option<String>,
        pub host: Option<String>,
        pub description: Option<String>,
        pub locale: Option<String>,
        pub time_zone: Option<String>,
    }

    /// What to change about a page; what is left out stays.
    #[derive(Default)]
    pub struct PagePatch {
        pub name: Option<String>,
        pub slug: Option<String>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        pub description: Patch<String>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        pub website_url: Patch<String>,
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        pub host: Patch<String>,
        pub locale: Option<String>,
        pub time_zone: Option<String>,
        pub accent: Option<String>,
        /// 0 to 100.
        pub partial_outage_percent: Option<u32>,
        pub counts_maintenance: Option<bool>,
        /// 0 to 3.
        pub uptime_places: Option<u8>,
        pub group_uptime: Option<GroupUptimeRule>,
        /// What visitors may subscribe with; in place of those before. An empty list: nobody can subscribe by themselves.
        pub channels: Option<Vec<Channel>>,
    }
}

impl Validate for NewPage {
    fn check(&self, check: &mut Check) {
        check.line("name", &self.name, NAME_MAX);
        slug(check, self.slug.as_ref());
        host(check, self.host.as_ref());
        check.optional_prose("description", self.description.as_ref(), 2_000);
        locale(check, self.locale.as_ref());
        time_zone(check, self.time_zone.as_ref());
    }
}

impl Validate for PagePatch {
    fn check(&self, check: &mut Check) {
        if let Some(name) = &self.name {
            check.line("name", name, NAME_MAX);
        }
        if let Some(channels) = &self.channels {
            check.distinct("channels", channels);
            let is_open = channels.iter().all(|channel| channel.is_for_visitors());
            let message = "holds a channel for the team only";
            check.ensure(is_open, "channels", FieldCode::NotAllowed, message);
        }
        slug(check, self.slug.as_ref());
        check.optional_prose("description", self.description.value(), 2_000);
        if let Some(url) = self.website_url.value() {
            check.take("website_url", WebUrl::parse(url));
        }
        host(check, self.host.value());
        locale(check, self.locale.as_ref());
        time_zone(check, self.time_zone.as_ref());
        if let Some(accent) = &self.accent {
            check.ensure(
                is_colour(accent),
                "accent",
                FieldCode::BadFormat,
                "is not a colour like #0f766e",
            );
        }
        if let Some(percent) = self.partial_outage_percent {
            let text = "is more than 100 percent";
            check.ensure(percent <= 100, "partial_outage_percent", FieldCode::OutOfRange, text);
        }
        if let Some(places) = self.uptime_places {
            let text = "is more than 3 decimal places";
            check.ensure(places <= 3, "uptime_places", FieldCode::OutOfRange, text);
        }
    }
}

pub(crate) fn slug(check: &mut Check, value: Option<&String>) {
    if let Some(value) = value {
        check.take("slug", Slug::parse(value));
    }
}

fn host(check: &mut Check, value: Option<&String>) {
    if let Some(value) = value {
        check.take("host", text::host(value));
    }
}

pub(crate) fn locale(check: &mut Check, value: Option<&String>) {
    if let Some(value) = value {
        check.take("locale", text::locale(value));
    }
}

// The form only; whether the zone exists is the server's to know.
fn time_zone(check: &mut Check, value: Option<&String>) {
    if let Some(value) = value {
        let plain = value.len() <= 64 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(&b));
        check.ensure(
            plain && !value.is_empty(),
            "time_zone",
            FieldCode::BadFormat,
            "is not a time zone like Europe/Berlin",
        );
    }
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}
