//! Draws the parts of a document that the app takes over as they are.

use leptos::prelude::*;
use leptos::tachys::view::RenderHtml;
use shared::incident_detail::IncidentLink;
use shared::status_page::{PublicIncident, StatusPage};
use shared::uptime::{ComponentUptime, GroupUptime, GroupUptimeRule, PageUptime};

use crate::components::uptime_bar::{UptimeBar, written};
use crate::i18n::{t, use_locale};
use crate::pages::status::announcements::Announcements;
use crate::pages::status::document::Extras;
use crate::pages::status::drawn::Drawn;
use crate::pages::status::metric::Metrics;
use crate::pages::status::state::{surround, use_links};
use crate::pages::status::{PublicDocument, PublicView, calendar};
use crate::routes::public as href;
use crate::time::Clock;

/// Takes what is to be drawn out of the document.
pub fn draw(document: &mut PublicDocument) -> Drawn {
    let clock = Clock::of_page(document.locale, &document.frame.page.time_zone, document.frame.as_of);
    Owner::new().with(|| {
        surround(document, clock);
        let mut drawn = Drawn::default();
        match &mut document.view {
            PublicView::Overview { status, extras } => overview(&mut drawn, status, std::mem::take(extras)),
            PublicView::Incident { incident, extras } => self::incident(&mut drawn, incident, extras),
            PublicView::History { history, days, .. } => {
                let month = calendar::month(history, std::mem::take(days));
                drawn.add("month".into(), month.to_html());
            }
            PublicView::Maintenance { .. } | PublicView::Plain(_) => {}
        }
        drawn
    })
}

fn overview(drawn: &mut Drawn, status: &StatusPage, extras: Extras) {
    if !extras.announcements.is_empty() {
        let items = extras.announcements;
        drawn.add("announcements".into(), view! { <Announcements items/> }.to_html());
    }
    if let Some(uptime) = extras.uptime {
        bars(drawn, status, uptime);
    }
    if !extras.metrics.is_empty() {
        let metrics = extras.metrics;
        drawn.add("metrics".into(), view! { <Metrics metrics/> }.to_html());
    }
}

/// What belongs to an incident elsewhere.
fn links(drawn: &mut Drawn, links: Vec<IncidentLink>) {
    if links.is_empty() {
        return;
    }
    let heading = t::status::links(use_locale());
    let link = |link: IncidentLink| view! { <li><a href=link.url rel="noopener nofollow">{link.label}</a></li> };
    let items = links.into_iter().map(link).collect::<Vec<_>>();
    let list = view! { <section class="links" aria-labelledby="links"><h2 id="links">{heading}</h2><ul>{items}</ul></section> };
    drawn.add("links".into(), list.to_html());
}

/// The way to what it taught, and what belongs to it elsewhere.
fn incident(drawn: &mut Drawn, incident: &mut PublicIncident, extras: &Extras) {
    links(drawn, std::mem::take(&mut incident.links));
    if extras.has_postmortem {
        let address = use_links().to(&href::postmortem(&incident.id));
        let words = t::status::postmortem::link(use_locale());
        let link = view! { <p><a class="onward" href=address>{words}</a></p> };
        drawn.add("postmortem".into(), link.to_html());
    }
}

fn bars(drawn: &mut Drawn, status: &StatusPage, uptime: PageUptime) {
    let PageUptime {
        places,
        group_rule,
        components,
        groups,
        ..
    } = uptime;
    for component in components {
        let name = format!("uptime-{}", component.component_id);
        if let Some(bar) = bar(status, component, places) {
            drawn.add(name, bar.to_html());
        }
    }
    for group in groups {
        let name = format!("uptime-{}", group.group_id);
        drawn.add(name, group_figure(&group, group_rule, places).to_html());
    }
}

/// The figure of a group, and for those who do not see the page what it is.
fn group_figure(group: &GroupUptime, rule: GroupUptimeRule, places: u8) -> impl IntoView + use<> {
    let locale = use_locale();
    let count = u64::from(group.components);
    let what = match rule {
        GroupUptimeRule::Mean => t::status::uptime::mean(locale, count),
        GroupUptimeRule::Worst => t::status::uptime::worst(locale, count),
        GroupUptimeRule::Weighted => t::status::uptime::weighted(locale, count),
    };
    let figure = t::status::uptime::figure(locale, written(locale, &group.percent, places));
    let title = what.clone();
    view! { <span class="uptime-figure quiet small" title=title>{figure}<span class="unseen">" "{what}</span></span> }
}

/// The bar of a component, which leads to its page.
fn bar(status: &StatusPage, uptime: ComponentUptime, places: u8) -> Option<impl IntoView + use<>> {
    let component = status.components.iter().find(|one| one.id == uptime.component_id)?;
    let more = use_links().to(&href::component(&component.slug));
    let about = t::status::component::title(use_locale(), &component.name);
    Some(view! { <UptimeBar uptime places more about/> })
}
