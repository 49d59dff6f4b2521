//! The overview: what is wrong, what is planned, what failed to send, and whether the system itself is well.

use leptos::prelude::*;
use leptos_router::components::A;
use shared::access::Permission;
use shared::component::{Component, ComponentStatus};
use shared::incident::Incident;
use shared::list::{MaintenanceList, Order};
use shared::maintenance::Maintenance;
use shared::system::{MailMode, SystemState};

use super::first_steps::FirstSteps;
use super::parts::{ComponentBadge, ImpactWord, IncidentBadge, MaintenanceBadge, Moment, ScreenHead, Section};
use crate::api::{ComponentFilter, IncidentFilter, MaintenanceFilter, use_api};
use crate::i18n::t::admin::{incidents, nav, overview};
use crate::i18n::use_locale;
use crate::routes::admin as href;
use crate::state::page::use_pages;
use crate::state::time;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{Loader, load, loaded};

/// How many of the worst components are named.
const WORST_SHOWN: usize = 8;
/// How many of the planned works are named.
const PLANNED_SHOWN: u32 = 5;

#[component]
pub fn Overview() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let now = time::use_now();
    let components = load(move || {
        now.track();
        let filter = ComponentFilter {
            page: pages.current_id(),
            status: None,
        };
        async move { api.list_components(&filter).await }
    });
    let system = load(move || {
        now.track();
        api.get_system()
    });
    view! {
        <ScreenHead title=nav::overview(locale)>
            <Show when=move || api.may(Permission::ManageIncidents)>
                <A href=href::NEW_INCIDENT attr:class="button button-primary">
                    <Glyph icon=Icon::Plus/>
                    {incidents::new(locale)}
                </A>
            </Show>
        </ScreenHead>
        <FirstSteps components system/>
        <div class="columns">
            <div class="column">
                <OpenIncidents/>
                <Planned/>
                <Section title=overview::components(locale)>{worst(components)}</Section>
            </div>
            <div class="column">
                <Section title=overview::sending(locale)>{loaded(system, |system| view! { <Sending system/> }.into_any())}</Section>
                <Section title=overview::system(locale)>{loaded(system, |system| view! { <System system/> }.into_any())}</Section>
            </div>
        </div>
    }
}

#[component]
fn OpenIncidents() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let now = time::use_now();
    let open = load(move || {
        now.track();
        let filter = IncidentFilter {
            page: pages.current_id(),
            is_open: Some(true),
            ..IncidentFilter::default()
        };
        async move { api.list_incidents(&filter).await }
    });
    let list = move |list: RwSignal<shared::list::IncidentList>| {
        let rows = move || {
            let items = list.get().items;
            match items.is_empty() {
                true => view! { <p class="calm"><Glyph icon=Icon::Tick/>{overview::no_open_incidents(locale)}</p> }
                    .into_any(),
                false => {
                    let items = items.into_iter().map(|incident| view! { <IncidentLine incident/> });
                    view! { <ul class="lines">{items.collect_view()}</ul> }.into_any()
                }
            }
        };
        rows.into_any()
    };
    view! { <Section title=overview::open_incidents(locale)>{loaded(open, list)}</Section> }
}

/// One incident in a short list.
#[component]
fn IncidentLine(incident: Incident) -> impl IntoView {
    let locale = use_locale();
    let parts = incident
        .components
        .iter()
        .map(|part| part.name.clone())
        .collect::<Vec<_>>();
    view! {
        <li class="line">
            <div class="line-main">
                <A href=href::incident(incident.id)>{incident.title}</A>
                {incident.is_draft.then(|| view! { <span class="tag">{incidents::draft(locale)}</span> })}
                <p class="line-more">{parts.join(", ")}</p>
            </div>
            <div class="line-side">
                <IncidentBadge status=incident.status/>
                <span class="line-more"><ImpactWord impact=incident.impact/>" · "<Moment at=incident.updated_at/></span>
            </div>
        </li>
    }
}

/// What runs and what comes next, the soonest first.
#[component]
fn Planned() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let now = time::use_now();
    let clock = StoredValue::new(untrack(|| pages.clock_of(locale, pages.current_id())));
    let planned = load(move || {
        now.track();
        let filter = MaintenanceFilter {
            page: pages.current_id(),
            is_over: Some(false),
            order: Some(Order::Asc),
            limit: Some(PLANNED_SHOWN),
            ..MaintenanceFilter::default()
        };
        async move { api.list_maintenances(&filter).await }
    });
    let list = move |list: RwSignal<MaintenanceList>| {
        let rows = move || {
            let items = list.get().items;
            if items.is_empty() {
                return view! { <p class="hint">{overview::nothing_scheduled(locale)}</p> }.into_any();
            }
            let line = |one: Maintenance| {
                let window = clock.with_value(|clock| clock.span(one.starts_at, one.ends_at));
                view! {
                    <li class="line">
                        <div class="line-main">
                            <A href=href::maintenance(one.id)>{one.title}</A>
                            <p class="line-more">{window}</p>
                        </div>
                        <div class="line-side">
                            <MaintenanceBadge status=one.status/>
                            <span class="line-more"><Moment at=one.starts_at/></span>
                        </div>
                    </li>
                }
            };
            view! { <ul class="lines">{items.into_iter().map(line).collect_view()}</ul> }.into_any()
        };
        rows.into_any()
    };
    view! { <Section title=overview::scheduled(locale)>{loaded(planned, list)}</Section> }
}

fn worst(components: Loader<Vec<Component>>) -> AnyView {
    let locale = use_locale();
    loaded(components, move |all| {
        let rows = move || {
            let worst = all.with(|all| worst_of(all));
            if worst.is_empty() {
                return match all.with(Vec::is_empty) {
                    true => view! { <p class="hint">{overview::no_components(locale)}</p> }.into_any(),
                    false => view! { <p class="calm"><Glyph icon=Icon::Tick/>{overview::all_operational(locale)}</p> }
                        .into_any(),
                };
            }
            let line = |component: Component| {
                view! {
                    <li class="line">
                        <div class="line-main">{component.name}</div>
                        <div class="line-side"><ComponentBadge status=component.effective_status/></div>
                    </li>
                }
            };
            view! { <ul class="lines">{worst.into_iter().map(line).collect_view()}</ul> }.into_any()
        };
        rows.into_any()
    })
}

/// Those that are not as they should be, worst first.
fn worst_of(components: &[Component]) -> Vec<Component> {
    let is_wrong = |component: &&Component| component.effective_status != ComponentStatus::Operational;
    let mut worst = components.iter().filter(is_wrong).cloned().collect::<Vec<_>>();
    worst.sort_by_key(|component| std::cmp::Reverse(component.effective_status.badness()));
    worst.truncate(WORST_SHOWN);
    worst
}

/// What waits to be sent, and what will not be tried again.
#[component]
fn Sending(system: RwSignal<SystemState>) -> impl IntoView {
    let locale = use_locale();
    let given_up = move || system.with(|system| system.deliveries_given_up);
    view! {
        <dl class="facts">
            <div>
                <dt>{overview::waiting(locale)}</dt>
                <dd><A href=format!("{}?status=waiting", href::DELIVERIES)>{move || system.with(|system| system.deliveries_waiting)}</A></dd>
            </div>
            <div class:fact-bad=move || given_up() != 0>
                <dt>{overview::given_up(locale)}</dt>
                <dd><A href=format!("{}?status=given_up", href::DELIVERIES)>{given_up}</A></dd>
            </div>
            <div>
                <dt>{overview::last_mail(locale)}</dt>
                <dd>{move || system.with(|system| moment_or(system.last_mail_at, overview::never(locale)))}</dd>
            </div>
        </dl>
        <MailMode system/>
    }
}

/// Where mail goes, and what to do if that is nowhere.
#[component]
pub fn MailMode(system: RwSignal<SystemState>) -> impl IntoView {
    let locale = use_locale();
    move || {
        system.with(|system| match system.mail_mode {
            MailMode::Smtp => view! { <p class="hint">{overview::mail_by_smtp(locale)}</p> }.into_any(),
            MailMode::File => {
                let dir = system.mail_dir.clone().unwrap_or_default();
                view! {
                    <div class="notice notice-warn">
                        <p>{overview::mail_in_files(locale)}" "<code>{dir}</code></p>
                        <p>{overview::mail_how(locale)}</p>
                    </div>
                }
                .into_any()
            }
        })
    }
}

/// The queue, the database, and what runs next.
#[component]
fn System(system: RwSignal<SystemState>) -> impl IntoView {
    let locale = use_locale();
    let now = time::use_now();
    let queue = move || system.with(|system| overview::jobs_waiting(locale, system.jobs_waiting));
    let oldest = move || system.with(|system| moment_or(system.oldest_due_at, overview::nothing_due(locale)));
    let parked = move || system.with(|system| system.jobs_parked);
    let schedule = move || {
        let jobs = system.with(|system| system.schedule.clone());
        let line = move |job: shared::system::ScheduledJob| {
            view! { <li><code>{job.name}</code> <span>{move || time::relative(locale, job.next_at, now.get())}</span></li> }
        };
        jobs.into_iter().map(line).collect_view()
    };
    view! {
        <dl class="facts">
            <div><dt>{overview::queue(locale)}</dt><dd>{queue}</dd></div>
            <div><dt>{overview::oldest_due(locale)}</dt><dd>{oldest}</dd></div>
            <div class:fact-bad=move || parked() != 0><dt>{overview::parked(locale)}</dt><dd>{parked}</dd></div>
            <div><dt>{overview::database(locale)}</dt><dd>{move || system.with(|system| system.database.clone())}</dd></div>
            <div><dt>{overview::version(locale)}</dt><dd>{move || system.with(|system| system.version.clone())}</dd></div>
        </dl>
        <details class="fold">
            <summary>{overview::next_jobs(locale)}</summary>
            <ul class="jobs">{schedule}</ul>
        </details>
    }
}

fn moment_or(at: Option<shared::Timestamp>, otherwise: &'static str) -> AnyView {
    match at {
        Some(at) => view! { <Moment at/> }.into_any(),
        None => otherwise.into_any(),
    }
}
