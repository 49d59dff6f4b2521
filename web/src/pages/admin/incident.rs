//! One incident: what happened so far, what comes next, and who was told.

use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};
use shared::IncidentId;
use shared::access::Permission;
use shared::incident::{Impact, Incident, IncidentPatch, Visibility};

use super::incident_draft::DraftNotice;
use super::incident_entry::Timeline;
use super::incident_extras::{ExtraFields, Extras, links_in, tag_links, tags_in, written};
use super::incident_merge::{MergeForm, MergedNotice};
use super::incident_update::UpdateForm;
use super::parts::{ComponentBadge, ImpactWord, IncidentBadge, Moment, ScreenHead, Section, choices};
use super::postmortem::PostmortemSection;
use super::shell::{Nowhere, public_url};
use super::told::Told;
use super::words;
use crate::api::{DeliveryFilter, Versioned, use_api};
use crate::components::words::impact;
use crate::i18n::t::admin::{common, incidents, merging};
use crate::i18n::use_locale;
use crate::routes::{admin as href, public};
use crate::ui::dialog::{Confirm, Dialog};
use crate::ui::field::{SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{Loader, load, loaded};
use crate::ui::menu::Menu;
use crate::ui::toast::use_toasts;

/// The incident and its version, as fetched.
pub type Fetched = Loader<Versioned<Incident>>;

#[component]
pub fn IncidentScreen() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")?.parse::<IncidentId>().ok()));
    move || match id.get() {
        Some(id) => view! { <OneIncident id/> }.into_any(),
        None => view! { <Nowhere/> }.into_any(),
    }
}

#[component]
fn OneIncident(id: IncidentId) -> impl IntoView {
    let api = use_api();
    let fetched = load(move || async move { api.get_incident(id).await });
    loaded(fetched, move |found| {
        let incident = Memo::new(move |_| found.with(|found| found.item.clone()));
        view! { <Detail incident fetched/> }.into_any()
    })
}

#[component]
fn Detail(incident: Memo<Incident>, fetched: Fetched) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let id = incident.with_untracked(|incident| incident.id);
    let of = DeliveryFilter {
        incident: Some(id),
        ..DeliveryFilter::default()
    };
    let title = Signal::derive(move || incident.with(|incident| incident.title.clone()));
    let state = Memo::new(move |_| incident.with(|incident| (incident.status, incident.impact)));
    let step = Memo::new(move |_| incident.with(|incident| (incident.status.is_open(), incident.updates.len())));
    let facts = move || {
        let (status, impact) = state.get();
        view! { <IncidentBadge status/> <ImpactWord impact/> }
    };
    view! {
        <ScreenHead title><Actions incident fetched/></ScreenHead>
        <p class="screen-facts">{facts}<Tags incident/></p>
        <div class="columns columns-wide-first">
            <div class="column">
                <MergedNotice incident/>
                <DraftNotice incident fetched/>
                <Show when=move || api.may(Permission::ManageIncidents) && incident.with(|incident| incident.merged_into.is_none())>
                    // After each step the form begins anew: the next one starts from another state.
                    {move || {
                        let (is_open, _) = step.get();
                        view! { <UpdateForm incident fetched is_open/> }
                    }}
                </Show>
                <PostmortemSection incident/>
                <Section title=incidents::timeline(locale)><Timeline incident fetched/></Section>
            </div>
            <div class="column">
                <Facts incident/>
                <Told of changed=move || incident.track() all=href::deliveries_of(id)/>
            </div>
        </div>
    }
}

#[component]
fn Tags(incident: Memo<Incident>) -> impl IntoView {
    let locale = use_locale();
    move || {
        incident.with(|incident| {
            let draft = incident
                .is_draft
                .then(|| view! { <span class="tag">{incidents::draft(locale)}</span> });
            let visibility = match incident.visibility {
                Visibility::Public => None,
                Visibility::SignedIn => Some(incidents::signed_in(locale)),
                Visibility::Hidden => Some(incidents::hidden(locale)),
            };
            let hidden = visibility.map(|text| view! { <span class="tag">{text}</span> });
            let sticky = incident
                .is_sticky
                .then(|| view! { <span class="tag">{incidents::sticky(locale)}</span> });
            let forgotten = incident
                .is_forgotten
                .then(|| view! { <span class="tag">{incidents::forgotten(locale)}</span> });
            (draft, hidden, sticky, forgotten)
        })
    }
}

#[component]
fn Actions(incident: Memo<Incident>, fetched: Fetched) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let is_editing = RwSignal::new(false);
    let is_deleting = RwSignal::new(false);
    let id = incident.with_untracked(|incident| incident.id);
    let delete = move |()| {
        let navigate = navigate.clone();
        toasts.attempt(locale, api.delete_incident(id), move |()| {
            toasts.say(incidents::deleted(locale));
            navigate(href::INCIDENTS, Default::default());
        });
    };
    let is_merging = RwSignal::new(false);
    let is_visible = move || {
        incident.with(|incident| {
            let is_hidden = incident.is_draft || incident.visibility == Visibility::Hidden;
            !is_hidden && incident.merged_into.is_none()
        })
    };
    let is_sticky = Memo::new(move |_| incident.with(|incident| incident.is_sticky));
    let stick = move |_| {
        let patch = IncidentPatch {
            is_sticky: Some(!is_sticky.get_untracked()),
            ..IncidentPatch::nothing()
        };
        let change = async move { api.update_incident(id, &patch, None).await };
        toasts.attempt(locale, change, move |_| {
            toasts.say(common::saved(locale));
            fetched.reload();
        });
    };
    let address = move || incident.with(|incident| public_url(&public::incident(&incident.code)));
    let warning = Signal::derive(move || {
        incident.with(|incident| match incident.is_draft {
            true => incidents::delete_draft_text(locale).to_owned(),
            false => incidents::delete_text(locale).to_owned(),
        })
    });
    view! {
        <Show when=is_visible>
            <a class="button" href=address target="_blank" rel="external">
                <Glyph icon=Icon::External/>
                {incidents::view_public(locale)}
                <span class="unseen">{common::in_new_tab(locale)}</span>
            </a>
        </Show>
        <Show when=move || api.may(Permission::ManageIncidents)>
            <button type="button" class="button" on:click=move |_| is_editing.set(true)>{common::edit(locale)}</button>
            <Menu label=incidents::more(locale)>
                <button type="button" on:click=stick>
                    {move || if is_sticky.get() { incidents::unstick(locale) } else { incidents::stick(locale) }}
                </button>
                <Show when=move || incident.with(|incident| incident.merged_into.is_none())>
                    <button type="button" on:click=move |_| is_merging.set(true)>{incidents::merge(locale)}</button>
                </Show>
                <button type="button" class="menu-danger" on:click=move |_| is_deleting.set(true)>
                    {incidents::delete(locale)}
                </button>
            </Menu>
        </Show>
        <Dialog open=is_editing title=incidents::edit(locale)>
            <EditForm incident fetched open=is_editing/>
        </Dialog>
        <Dialog open=is_merging title=merging::title(locale)>
            <MergeForm incident fetched open=is_merging/>
        </Dialog>
        <Confirm
            open=is_deleting
            title=incidents::delete_title(locale)
            text=warning
            action=incidents::delete(locale)
            on_confirm=delete
        />
    }
}

/// Title, impact, visibility, and what is needed rarely.
#[component]
fn EditForm(incident: Memo<Incident>, fetched: Fetched, open: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let form = Form::new();
    let before = incident.get_untracked();
    let title = RwSignal::new(before.title.clone());
    let impact_word = RwSignal::new(before.impact.as_str().to_owned());
    let visibility = RwSignal::new(before.visibility.as_str().to_owned());
    let extras = Extras::new(before.is_sticky, before.tags.join(" "), written(&before.links));
    let etag = untrack(|| fetched.get()).and_then(|found| found.etag);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let impact = Impact::from_word(&impact_word.get_untracked()).filter(|impact| *impact != before.impact);
        let input = IncidentPatch {
            title: Some(title.get_untracked()),
            impact,
            visibility: Visibility::from_word(&visibility.get_untracked()),
            is_sticky: Some(extras.is_sticky.get_untracked()),
            tags: Some(tags_in(&extras.tags.get_untracked())),
            links: Some(links_in(&extras.links.get_untracked())),
            ..IncidentPatch::nothing()
        };
        let etag = etag.clone();
        let id = before.id;
        let send = move |input: IncidentPatch, _| async move { api.update_incident(id, &input, etag).await };
        form.submit(input, send, move |_| {
            open.set(false);
            toasts.say(common::saved(locale));
            fetched.reload();
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="title" label=incidents::title(locale) value=title is_required=true/>
            <SelectField form name="impact" label=incidents::impact(locale) hint=incidents::impact_hint(locale) value=impact_word
                options=choices(Impact::ALL, locale, Impact::as_str, impact)/>
            <SelectField form name="visibility" label=incidents::visibility(locale) value=visibility
                options=choices(Visibility::ALL, locale, Visibility::as_str, words::visibility)/>
            <ExtraFields form extras/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=common::save(locale)/></div>
        </form>
    }
}

#[component]
fn Facts(incident: Memo<Incident>) -> impl IntoView {
    let locale = use_locale();
    let parts = move || {
        let parts = incident.with(|incident| incident.components.clone());
        if parts.is_empty() {
            return view! { <p class="hint">{incidents::no_components(locale)}</p> }.into_any();
        }
        let line = |part: shared::incident::AffectedComponent| {
            view! {
                <li class="line">
                    <div class="line-main">{part.name}</div>
                    <div class="line-side"><ComponentBadge status=part.status/></div>
                </li>
            }
        };
        view! { <ul class="lines">{parts.into_iter().map(line).collect_view()}</ul> }.into_any()
    };
    let resolved = move || {
        let at = incident.with(|incident| incident.resolved_at)?;
        Some(view! { <div><dt>{incidents::resolved(locale)}</dt><dd><Moment at/></dd></div> })
    };
    let tags = move || {
        let tags = incident.with(|incident| incident.tags.clone());
        (!tags.is_empty()).then(|| view! { <div><dt>{incidents::tags(locale)}</dt><dd>{tag_links(tags)}</dd></div> })
    };
    let links = move || {
        let links = incident.with(|incident| incident.links.clone());
        let link = |link: shared::incident_detail::IncidentLink| {
            view! { <p><a href=link.url rel="external noopener" target="_blank">{link.label}</a></p> }
        };
        (!links.is_empty()).then(|| {
            let links = links.into_iter().map(link).collect_view();
            view! { <div><dt>{incidents::links(locale)}</dt><dd>{links}</dd></div> }
        })
    };
    view! {
        <Section title=incidents::components(locale)>{parts}</Section>
        <Section title=incidents::facts(locale)>
            <dl class="facts">
                <div><dt>{incidents::started(locale)}</dt><dd>{move || view! { <Moment at=incident.with(|incident| incident.started_at)/> }}</dd></div>
                {resolved}
                {tags}
                {links}
                <div><dt>{incidents::visibility(locale)}</dt><dd>{move || words::visibility(locale, incident.with(|incident| incident.visibility))}</dd></div>
            </dl>
        </Section>
    }
}
