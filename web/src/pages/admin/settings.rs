//! Settings: the page that is worked on, the other pages, mail, and one's own account.

use leptos::prelude::*;
use shared::access::Permission;
use shared::channel::Channel;
use shared::page::{NewPage, Page, PagePatch};
use shared::system::TestMail;

use super::account::Account;
use super::overview::MailMode;
use super::parts::{FilterTabs, ScreenHead, Section, filled, query_value};
use super::subscribers::languages;
use super::uptime_settings::UptimeSection;
use crate::api::{Versioned, use_api};
use crate::components::words::channel_name;
use crate::i18n::t::admin::{account, common, nav, settings};
use crate::i18n::use_locale;
use crate::state::browser;
use crate::state::page::use_pages;
use crate::ui::dialog::{Confirm, Dialog};
use crate::ui::field::{ProseField, SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::load::{Loader, load, loaded};
use crate::ui::table::Table;
use crate::ui::toast::use_toasts;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Page,
    Mail,
    Pages,
    Account,
}

#[component]
pub fn Settings() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let word = query_value("part");
    let part = Memo::new(
        move |_| match (api.may(Permission::ManagePages), word.get().as_deref()) {
            // Everyone has an account; the rest is for those who run the page.
            (false, _) | (true, Some("account")) => Part::Account,
            (true, Some("mail")) => Part::Mail,
            (true, Some("pages")) => Part::Pages,
            (true, _) => Part::Page,
        },
    );
    let tabs = StoredValue::new(vec![
        ("", settings::page(locale)),
        ("mail", settings::mail(locale)),
        ("pages", settings::pages(locale)),
        ("account", account::title(locale)),
    ]);
    view! {
        <ScreenHead title=nav::settings(locale)/>
        <Show when=move || api.may(Permission::ManagePages)>
            <div class="toolbar"><FilterTabs label=settings::parts(locale) name="part" choices=tabs.get_value()/></div>
        </Show>
        <div class="settings">
            {move || match part.get() {
                Part::Page => view! { <PageSection/><UptimeSection/> }.into_any(),
                Part::Mail => view! { <MailSection/> }.into_any(),
                Part::Pages => view! { <PagesSection/> }.into_any(),
                Part::Account => view! { <Account/> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn PageSection() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let id = Memo::new(move |_| pages.current_id());
    let form = move || {
        let id = id.get()?;
        let found = load(move || async move { api.get_page(id).await });
        Some(loaded(found, move |page| {
            let before = page.get_untracked();
            view! { <PageForm before found/> }.into_any()
        }))
    };
    view! { <Section title=settings::page(locale) text=settings::page_text(locale)>{form}</Section> }
}

#[component]
fn PageForm(before: Versioned<Page>, found: Loader<Versioned<Page>>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let toasts = use_toasts();
    let form = Form::new();
    let text = |value: &str| RwSignal::new(value.to_owned());
    let page = before.item;
    let optional = |value: &Option<String>| RwSignal::new(value.clone().unwrap_or_default());
    let name = text(&page.name);
    let slug = text(&page.slug);
    let description = optional(&page.description);
    let website = optional(&page.website_url);
    let host = optional(&page.host);
    let language = text(&page.locale);
    let time_zone = text(&page.time_zone);
    let accent = text(&page.accent);
    let channels = RwSignal::new(page.channels.clone());
    let etag = StoredValue::new(before.etag);
    let id = page.id;
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = PagePatch {
            name: Some(name.get_untracked()),
            slug: Some(slug.get_untracked()),
            description: filled(&description.get_untracked()).into(),
            website_url: filled(&website.get_untracked()).into(),
            host: filled(&host.get_untracked()).into(),
            locale: Some(language.get_untracked()),
            time_zone: Some(time_zone.get_untracked()),
            accent: Some(accent.get_untracked()),
            channels: Some(channels.get_untracked()),
            ..PagePatch::default()
        };
        let etag_now = etag.get_value();
        let send = move |input: PagePatch, _| async move { api.update_page(id, &input, etag_now).await };
        form.submit(input, send, move |saved: Versioned<Page>| {
            etag.set_value(saved.etag.clone());
            toasts.say(common::saved(locale));
            pages.replace(saved.item.clone());
            found.put(saved);
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="name" label=settings::name(locale) value=name is_required=true/>
            <ProseField form name="description" label=settings::description(locale) hint=settings::description_hint(locale) value=description rows=2/>
            <TextField form name="website_url" label=settings::website(locale) hint=settings::website_hint(locale) value=website kind="url"/>
            <TimeZoneField form value=time_zone/>
            <SelectField form name="locale" label=common::language(locale) hint=settings::language_hint(locale) value=language options=languages()/>
            <AccentField form value=accent/>
            <ChannelsField value=channels/>
            <TextField form name="host" label=settings::host(locale) hint=settings::host_hint(locale) value=host/>
            <TextField form name="slug" label=settings::slug(locale) hint=settings::slug_hint(locale) value=slug/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=common::save(locale)/></div>
        </form>
    }
}

/// A time zone by its IANA name, with those the browser knows to choose from.
#[component]
fn TimeZoneField(form: Form, value: RwSignal<String>) -> impl IntoView {
    let locale = use_locale();
    let list = form.field_id("time-zones");
    let zones = browser::time_zones()
        .into_iter()
        .map(|zone| view! { <option value=zone></option> });
    view! {
        <TextField form name="time_zone" label=settings::time_zone(locale) hint=settings::time_zone_hint(locale) value list=list.clone()/>
        <datalist id=list>{zones.collect_view()}</datalist>
    }
}

/// A colour, as the browser lets one choose it.
#[component]
fn AccentField(form: Form, value: RwSignal<String>) -> impl IntoView {
    let locale = use_locale();
    let id = form.field_id("accent");
    form.claim("accent");
    view! {
        <div class="field">
            <label for=id.clone()>{settings::accent(locale)}</label>
            <div class="accent">
                <input id=id type="color" bind:value=value/>
                <code>{value}</code>
            </div>
            <p class="hint">{settings::accent_hint(locale)}</p>
        </div>
    }
}

/// What visitors may subscribe with.
#[component]
fn ChannelsField(value: RwSignal<Vec<Channel>>) -> impl IntoView {
    let locale = use_locale();
    let tick = move |channel: Channel, is_on: bool| {
        value.update(|channels| {
            channels.retain(|other| *other != channel);
            if is_on {
                channels.push(channel);
            }
        });
    };
    let one = move |channel: Channel| {
        view! {
            <label class="check">
                <input
                    type="checkbox" prop:checked=move || value.with(|channels| channels.contains(&channel))
                    on:change:target=move |event| tick(channel, event.target().checked())
                />
                " "{channel_name(locale, channel)}
            </label>
        }
    };
    let offered = Channel::ALL.iter().copied().filter(|channel| channel.is_for_visitors());
    view! {
        <fieldset class="field">
            <legend>{settings::channels(locale)}</legend>
            <div class="checks">{offered.map(one).collect_view()}</div>
        </fieldset>
    }
}

/// Where mail goes, and a mail to try it.
#[component]
fn MailSection() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let system = load(move || api.get_system());
    let form = Form::new();
    let own = api
        .session()
        .me
        .get_untracked()
        .map(|me| me.member.email)
        .unwrap_or_default();
    let email = RwSignal::new(own);
    let outcome = RwSignal::new(None);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        outcome.set(None);
        let input = TestMail {
            email: email.get_untracked(),
        };
        let send = move |input: TestMail, key| async move { api.send_test_mail(&input, &key).await };
        form.submit(input, send, move |result: shared::system::TestMailResult| {
            outcome.set(Some(result));
            system.reload();
        });
    };
    let told = move || {
        let result = outcome.get()?;
        let text = if result.is_sent {
            settings::test_sent(locale)
        } else {
            settings::test_failed(locale)
        };
        let class = if result.is_sent {
            "notice notice-good"
        } else {
            "notice notice-bad"
        };
        Some(view! { <div class=class><p>{text}</p><p><code>{result.detail}</code></p></div> })
    };
    view! {
        <Section title=settings::mail(locale)>
            {loaded(system, |system| view! { <MailMode system/> }.into_any())}
            <form class="form" novalidate on:submit=submit>
                <TextField form name="email" label=settings::test_to(locale) value=email kind="email" autocomplete="email" is_required=true/>
                <FormErrors form/>
                <div class="form-actions"><SubmitButton form label=settings::send_test(locale)/></div>
            </form>
            <div role="status">{told}</div>
        </Section>
    }
}

/// All pages of this installation.
#[component]
fn PagesSection() -> impl IntoView {
    let locale = use_locale();
    let pages = use_pages();
    let is_adding = RwSignal::new(false);
    let deleted = RwSignal::new(None::<Page>);
    let rows = move || {
        let heads = vec![settings::name(locale), settings::host(locale), common::actions(locale)];
        let rows = pages
            .all
            .get()
            .into_iter()
            .map(|page| view! { <PageRow page deleted/> })
            .collect_view();
        view! { <Table caption=settings::pages(locale) heads>{rows}</Table> }
    };
    view! {
        <Section title=settings::pages(locale) text=settings::pages_text(locale)>
            {rows}
            <div class="form-actions">
                <button type="button" class="button" on:click=move |_| is_adding.set(true)>
                    <Glyph icon=Icon::Plus/>
                    {settings::add_page(locale)}
                </button>
            </div>
            <Dialog open=is_adding title=settings::add_page(locale)><NewPageForm open=is_adding/></Dialog>
            <DeletePage deleted/>
        </Section>
    }
}

#[component]
fn PageRow(page: Page, deleted: RwSignal<Option<Page>>) -> impl IntoView {
    let locale = use_locale();
    let pages = use_pages();
    let id = page.id;
    let is_here = move || pages.current_id() == Some(id);
    let host = match &page.host {
        Some(host) => view! { <code>{host.clone()}</code> }.into_any(),
        None => settings::any_host(locale).into_any(),
    };
    let kept = page.clone();
    view! {
        <tr>
            <td>
                <span class="row-name">{page.name.clone()}</span>
                {page.is_default.then(|| view! { <span class="tag">{settings::default_page(locale)}</span> })}
            </td>
            <td data-label=settings::host(locale)>{host}</td>
            <td class="cell-actions">
                <Show when=move || !is_here() fallback=move || view! { <span class="hint">{settings::page_here(locale)}</span> }>
                    <button type="button" class="button" on:click=move |_| pages.choose(id)>{settings::work_on(locale)}</button>
                </Show>
                {(!page.is_default).then(|| view! {
                    <button type="button" class="button button-danger-quiet" on:click=move |_| deleted.set(Some(kept.clone()))>
                        {common::delete(locale)}
                    </button>
                })}
            </td>
        </tr>
    }
}

#[component]
fn NewPageForm(open: RwSignal<bool>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let toasts = use_toasts();
    let form = Form::new();
    let name = RwSignal::new(String::new());
    let host = RwSignal::new(String::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = NewPage {
            name: name.get_untracked(),
            slug: None,
            host: filled(&host.get_untracked()),
            description: None,
            locale: None,
            time_zone: browser::time_zone(),
        };
        let send = move |input: NewPage, key| async move { api.create_page(&input, &key).await };
        form.submit(input, send, move |page: Page| {
            open.set(false);
            toasts.say(common::saved_named(locale, page.name));
            pages.reload();
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="name" label=settings::name(locale) value=name is_required=true/>
            <TextField form name="host" label=settings::host(locale) hint=settings::host_hint(locale) value=host/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=settings::add_page(locale)/></div>
        </form>
    }
}

#[component]
fn DeletePage(deleted: RwSignal<Option<Page>>) -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let pages = use_pages();
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    Effect::new(move |_| {
        if deleted.with(Option::is_some) {
            open.set(true);
        }
    });
    let title = Signal::derive(move || {
        let name = deleted.with(|page| page.as_ref().map(|page| page.name.clone()));
        settings::delete_page_title(locale, name.unwrap_or_default())
    });
    let delete = move |()| {
        let Some(page) = deleted.get_untracked() else { return };
        toasts.attempt(locale, api.delete_page(page.id), move |()| {
            toasts.say(settings::page_deleted(locale));
            pages.reload();
        });
    };
    view! { <Confirm open title text=settings::delete_page_text(locale) action=common::delete(locale) on_confirm=delete/> }
}
