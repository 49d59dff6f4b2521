//! What and when: the part of a form that says which events someone wants to hear of, and at which times.

use leptos::prelude::*;
use shared::FieldError;
use shared::channel::WebhookFormat;
use shared::event::EventKind;
use shared::incident::Impact;
use shared::preferences::{Digest, Preferences};

use crate::i18n::{Locale, t, use_locale};
use crate::pages::status::subscribe::first_error;
use crate::time::use_clock;

/// Fields: `preferences` (always 1), `kind` repeated, `least_impact`, `digest`, `quiet_from`, `quiet_to`, `time_zone`, `pause`.
#[component]
pub fn PreferenceFields(
    preferences: Preferences,
    errors: Vec<FieldError>,
    /// That of the page, for those who name none.
    zone: String,
    /// Who has just come has nothing to pause.
    has_pause: bool,
) -> impl IntoView {
    let locale = use_locale();
    let is_open = preferences != Preferences::everything() || !errors.is_empty();
    let Preferences {
        kinds,
        least_impact,
        digest,
        quiet_hours,
        time_zone,
        paused_until,
        webhook_format,
    } = preferences;
    let (quiet_from, quiet_to) = quiet_hours.map(|hours| (hours.from, hours.to)).unwrap_or_default();
    let until = paused_until.map(|until| use_clock().moment(until));
    let wrong =
        |field: &str| first_error(locale, &errors, field).map(|text| view! { <p class="field-error">{text}</p> });
    view! {
        <details class="preferences" open=is_open>
            <summary>{t::status::preferences::legend(locale)}</summary>
            <input type="hidden" name="preferences" value="1"/>
            <fieldset>
                <legend>{t::status::preferences::kinds(locale)}</legend>
                {EventKind::ALL.iter().map(|kind| kind_box(locale, *kind, &kinds)).collect_view()}
            </fieldset>
            {choice("least_impact", t::status::preferences::impact(locale), impacts(locale), least_impact.unwrap_or(Impact::None).as_str())}
            {choice("digest", t::status::preferences::digest(locale), digests(locale), digest.unwrap_or(Digest::None).as_str())}
            <div class="field">
                <span class="label" id="quiet">{t::status::preferences::quiet(locale)}</span>
                <div class="quiet-hours" role="group" aria-labelledby="quiet">
                    <label>{t::status::preferences::quiet_from(locale)}" "<input type="time" name="quiet_from" value=quiet_from/></label>
                    <label>{t::status::preferences::quiet_to(locale)}" "<input type="time" name="quiet_to" value=quiet_to/></label>
                </div>
                {wrong("preferences.quiet_hours")}
            </div>
            <div class="field">
                <label for="time_zone">{t::status::preferences::zone(locale)}</label>
                <input id="time_zone" name="time_zone" type="text" maxlength="64" placeholder=zone value=time_zone.unwrap_or_default()/>
                {wrong("time_zone")}
            </div>
            {webhook_format.map(|format| choice("webhook_format", t::status::preferences::format(locale), formats(locale), format.as_str()))}
            {has_pause.then(|| pause_choice(locale, until))}
        </details>
    }
}

fn pause_choice(locale: Locale, until: Option<String>) -> AnyView {
    let chosen = if until.is_some() { "keep" } else { "" };
    choice(
        "pause",
        t::status::preferences::pause(locale),
        pauses(locale, until),
        chosen,
    )
}

fn kind_box(locale: Locale, kind: EventKind, chosen: &[EventKind]) -> AnyView {
    let is_chosen = chosen.is_empty() || chosen.contains(&kind);
    view! {
        <label class="choice">
            <input type="checkbox" name="kind" value=kind.as_str() checked=is_chosen/>
            <span>{kind_name(locale, kind)}</span>
        </label>
    }
    .into_any()
}

fn kind_name(locale: Locale, kind: EventKind) -> &'static str {
    use t::status::preferences as words;
    match kind {
        EventKind::IncidentOpened => words::incident_opened(locale),
        EventKind::IncidentUpdated => words::incident_updated(locale),
        EventKind::IncidentResolved => words::incident_resolved(locale),
        EventKind::ComponentStatusChanged => words::component_status_changed(locale),
        EventKind::MaintenancePlanned => words::maintenance_planned(locale),
        EventKind::MaintenanceReminder => words::maintenance_reminder(locale),
        EventKind::MaintenanceStarted => words::maintenance_started(locale),
        EventKind::MaintenanceUpdated => words::maintenance_updated(locale),
        EventKind::MaintenanceEnded => words::maintenance_ended(locale),
        EventKind::MaintenanceCancelled => words::maintenance_cancelled(locale),
        EventKind::PostmortemPublished => words::postmortem_published(locale),
        EventKind::AnnouncementPublished => words::announcement_published(locale),
    }
}

/// A word that is sent, and what people read.
type Choice = (&'static str, String);

fn impacts(locale: Locale) -> Vec<Choice> {
    use t::status::preferences as words;
    let name = |impact: &Impact| match impact {
        Impact::None => words::impact_none(locale),
        Impact::Minor => words::impact_minor(locale),
        Impact::Major => words::impact_major(locale),
        Impact::Critical => words::impact_critical(locale),
    };
    Impact::ALL
        .iter()
        .map(|impact| (impact.as_str(), name(impact).into()))
        .collect()
}

fn digests(locale: Locale) -> Vec<Choice> {
    use t::status::preferences as words;
    let name = |digest: &Digest| match digest {
        Digest::None => words::digest_none(locale),
        Digest::Hourly => words::digest_hourly(locale),
        Digest::Daily => words::digest_daily(locale),
    };
    Digest::ALL
        .iter()
        .map(|digest| (digest.as_str(), name(digest).into()))
        .collect()
}

fn formats(locale: Locale) -> Vec<Choice> {
    use t::status::preferences as words;
    let name = |format: &WebhookFormat| match format {
        WebhookFormat::Signet => words::format_signet(locale),
        WebhookFormat::Statuspage => words::format_statuspage(locale),
    };
    WebhookFormat::ALL
        .iter()
        .map(|format| (format.as_str(), name(format).into()))
        .collect()
}

fn pauses(locale: Locale, until: Option<String>) -> Vec<Choice> {
    use t::status::preferences as words;
    let mut choices = vec![("", words::pause_off(locale).to_owned())];
    choices.extend(until.map(|until| ("keep", words::pause_keep(locale, until))));
    let spans = [
        ("1", words::pause_day(locale)),
        ("7", words::pause_week(locale)),
        ("30", words::pause_month(locale)),
    ];
    choices.extend(spans.map(|(days, name)| (days, name.to_owned())));
    choices
}

fn choice(name: &'static str, label: &'static str, choices: Vec<Choice>, chosen: &str) -> AnyView {
    let option = |(value, text): Choice| {
        let is_chosen = value == chosen;
        view! { <option value=value selected=is_chosen>{text}</option> }
    };
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select id=name name=name>{choices.into_iter().map(option).collect_view()}</select>
        </div>
    }
    .into_any()
}
