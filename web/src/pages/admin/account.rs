//! One's own account: name, language, password.

use leptos::prelude::*;
use shared::member::{ChangePassword, MePatch};

use super::parts::Section;
use super::setup::NewPassword;
use super::subscribers::languages;
use crate::api::use_api;
use crate::i18n::t::admin::{account, common};
use crate::i18n::use_locale;
use crate::ui::field::{SelectField, TextField};
use crate::ui::form::{Form, FormErrors, SubmitButton};
use crate::ui::toast::use_toasts;

#[component]
pub fn Account() -> impl IntoView {
    let locale = use_locale();
    view! {
        <Section title=account::title(locale)><MeForm/></Section>
        <Section title=account::password(locale) text=account::password_text(locale)><PasswordForm/></Section>
    }
}

#[component]
fn MeForm() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let form = Form::new();
    let member = api.session().me.get_untracked().map(|me| me.member);
    let text = |read: fn(&shared::member::Member) -> &String| {
        RwSignal::new(member.as_ref().map(read).cloned().unwrap_or_default())
    };
    let name = text(|member| &member.name);
    let language = text(|member| &member.locale);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = MePatch {
            name: Some(name.get_untracked()),
            locale: Some(language.get_untracked()),
        };
        let send = move |input: MePatch, _| async move { api.update_me(&input).await };
        form.submit(input, send, move |_| toasts.say(common::saved(locale)));
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="name" label=account::name(locale) value=name autocomplete="name" is_required=true/>
            <SelectField form name="locale" label=common::language(locale) value=language options=languages()/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=common::save(locale)/></div>
        </form>
    }
}

#[component]
fn PasswordForm() -> impl IntoView {
    let locale = use_locale();
    let api = use_api();
    let toasts = use_toasts();
    let form = Form::new();
    let current = RwSignal::new(String::new());
    let new = RwSignal::new(String::new());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let input = ChangePassword {
            current_password: current.get_untracked(),
            new_password: new.get_untracked(),
        };
        let send = move |input: ChangePassword, key| async move { api.change_password(&input, &key).await };
        form.submit(input, send, move |()| {
            current.set(String::new());
            new.set(String::new());
            toasts.say(account::password_changed(locale));
        });
    };
    view! {
        <form class="form" novalidate on:submit=submit>
            <TextField form name="current_password" label=account::current_password(locale) value=current kind="password" autocomplete="current-password" is_required=true/>
            <NewPassword form name="new_password" label=account::new_password(locale) value=new/>
            <FormErrors form/>
            <div class="form-actions"><SubmitButton form label=account::change_password(locale)/></div>
        </form>
    }
}
