//! Announcements: what a page tells all its visitors, from when on and until when, by hand and by the clock.

use harness::{Client, TestApp, days, hours, minutes};
use shared::announcement::{Announcement, AnnouncementPatch, AnnouncementStatus, NewAnnouncement, PublicAnnouncements};
use shared::list::AnnouncementList;
use shared::problem::Code;
use shared::{Patch, access::Role};

use AnnouncementStatus::{Active, Draft, Ended, Scheduled};

async fn announce(admin: &Client, input: &NewAnnouncement) -> Announcement {
    admin.post("/announcements", input).await.unwrap()
}

async fn change(admin: &Client, announcement: &Announcement, patch: &AnnouncementPatch) -> Announcement {
    admin
        .patch(&format!("/announcements/{}", announcement.id), patch)
        .await
        .unwrap()
}

async fn end(admin: &Client, announcement: &Announcement) -> Announcement {
    admin
        .post(&format!("/announcements/{}/end", announcement.id), &())
        .await
        .unwrap()
}

/// The titles that visitors see.
async fn seen(app: &TestApp) -> Vec<String> {
    let found: PublicAnnouncements = app.visitor().get("/public/announcements").await.unwrap();
    found.items.into_iter().map(|announcement| announcement.title).collect()
}

async fn version(app: &TestApp) -> i64 {
    let status: shared::status_page::StatusPage = app.visitor().get("/status").await.unwrap();
    status.version
}

/// An access token lives 15 minutes.
async fn later(app: &TestApp, span: std::time::Duration) -> Client {
    app.clock.advance(span);
    app.run_jobs().await;
    app.admin().await
}

fn moving() -> NewAnnouncement {
    NewAnnouncement::titled("We are moving", "To a **new** address <script>alert(1)</script>.")
}

harness::on_every_database! {
    /// The main job: told to everyone at once, and there until someone ends it.
    async fn an_announcement_is_told_to_all_and_ended(app: TestApp) {
        let admin = app.admin().await;
        let api = app.seed().component("API").await;
        app.seed().subscriber("ana@example.org").await;
        app.seed().follower("ben@example.org", &[api.id], &[]).await;
        let before = version(&app).await;
        let announcement = announce(&admin, &moving()).await;
        assert_eq!((announcement.status, announcement.actual_started_at), (Active, Some(app.clock.now())));
        assert_eq!(seen(&app).await, ["We are moving"]);
        assert!(version(&app).await > before);
        let (_, html) = app.visitor().page("/").await;
        assert!(html.contains("We are moving") && html.contains("<strong>new</strong>") && !html.contains("<script>alert"), "{html}");
        app.run_jobs().await;
        let mail = app.mailbox().last_to("ben@example.org");
        assert!(mail.subject.contains("We are moving") && mail.html.contains("<strong>new</strong>") && !mail.html.contains("<script"));
        assert_eq!(app.mailbox().letters().len(), 2, "it is about no component, so it is for all");

        let patch = AnnouncementPatch { message: Some("To another address.".into()), ..AnnouncementPatch::nothing() };
        change(&admin, &announcement, &patch).await;
        app.run_jobs().await;
        assert_eq!(app.mailbox().letters().len(), 2, "a correction is told to nobody");
        assert_eq!(end(&admin, &announcement).await.status, Ended);
        assert!(seen(&app).await.is_empty());
        let (_, html) = app.visitor().page("/").await;
        assert!(!html.contains("We are moving"));
        for feed in ["/feed.atom", "/feed.rss", "/feed.json"] {
            let (_, text) = app.visitor().page(feed).await;
            assert!(text.contains("We are moving") && text.contains("To another address."), "{feed}: {text}");
        }
        let refusal = admin.post::<Announcement>(&format!("/announcements/{}/end", announcement.id), &()).await;
        assert_eq!(refusal.unwrap_err().code(), Code::Conflict);
    }

    /// One for later begins and ends by the clock, and the page changes each time.
    async fn one_for_later_begins_and_ends_by_the_clock(app: TestApp) {
        let admin = app.admin().await;
        app.seed().subscriber("ana@example.org").await;
        let starts_at = app.clock.now() + hours(1);
        let input = NewAnnouncement { starts_at: Some(starts_at), ends_at: Some(starts_at + hours(2)), ..moving() };
        let planned = announce(&admin, &input).await;
        app.run_jobs().await;
        assert_eq!((planned.status, seen(&app).await.len(), app.mailbox().letters().len()), (Scheduled, 0, 0));

        let mut versions = vec![version(&app).await];
        for (span, shown) in [(hours(1), 1), (hours(2), 0)] {
            let _ = later(&app, span).await;
            assert_eq!(seen(&app).await.len(), shown);
            versions.push(version(&app).await);
        }
        assert!(versions.is_sorted_by(|one, next| one < next), "{versions:?}");
        assert_eq!(app.mailbox().letters().len(), 1, "told once, when it began");
        let ended: Announcement = app.admin().await.get(&format!("/announcements/{}", planned.id)).await.unwrap();
        assert_eq!((ended.status, ended.actual_started_at, ended.actual_ended_at), (Ended, Some(starts_at), Some(starts_at + hours(2))));
    }

    /// Two nodes whose clocks tick together tell of it once.
    async fn two_nodes_tell_it_once(app: TestApp) {
        let admin = app.admin().await;
        let other = app.second_node().await;
        app.seed().subscriber("ana@example.org").await;
        announce(&admin, &NewAnnouncement { starts_at: Some(app.clock.now() + minutes(5)), ..moving() }).await;
        app.clock.advance(minutes(5));
        let (cx, cx2) = (app.cx.as_system("test"), other.cx.as_system("test"));
        let sweep = server::domain::announcement_clock::sweep;
        let (one, two) = tokio::join!(sweep(&cx), sweep(&cx2));
        // A database may refuse one of two that wait for each other; the job comes back.
        drop((one, two));
        sweep(&cx).await.unwrap();
        app.run_jobs().await;
        assert_eq!(app.mailbox().letters().len(), 1);
    }

    /// A draft is the members' own until it is published; what came and went while nobody worked is told to nobody.
    async fn drafts_and_late_ones_are_told_to_nobody(app: TestApp) {
        let admin = app.admin().await;
        app.seed().subscriber("ana@example.org").await;
        let now = app.clock.now();
        let draft = announce(&admin, &NewAnnouncement { is_draft: Some(true), ..moving() }).await;
        let short = NewAnnouncement { starts_at: Some(now + hours(1)), ends_at: Some(now + hours(2)), ..NewAnnouncement::titled("Short", "Short.") };
        let short = announce(&admin, &short).await;
        let admin = later(&app, days(1)).await;
        let missed: Announcement = admin.get(&format!("/announcements/{}", short.id)).await.unwrap();
        assert_eq!((draft.status, missed.status, missed.actual_started_at), (Draft, Ended, None));
        assert!(seen(&app).await.is_empty() && app.mailbox().letters().is_empty());
        let (_, feed) = app.visitor().page("/feed.json").await;
        assert!(!feed.contains("Short") && !feed.contains("We are moving"));

        let publish = AnnouncementPatch { is_draft: Some(false), notify: Some(false), ..AnnouncementPatch::nothing() };
        assert_eq!(change(&admin, &draft, &publish).await.status, Active);
        app.run_jobs().await;
        assert!(app.mailbox().letters().is_empty(), "nobody was to be told");
        assert_eq!(seen(&app).await, ["We are moving"]);
    }

    /// What does not fit is named, with what was found and what is expected.
    async fn wrong_windows_and_late_changes_are_named(app: TestApp) {
        let admin = app.admin().await;
        let now = app.clock.now();
        for (starts_at, ends_at) in [(Some(now + hours(2)), now + hours(1)), (None, now), (Some(now - hours(2)), now - hours(1))] {
            let input = NewAnnouncement { starts_at, ends_at: Some(ends_at), ..moving() };
            let refusal = admin.post::<Announcement>("/announcements", &input).await.unwrap_err();
            assert!(refusal.fields().iter().all(|field| *field == "ends_at"), "{:?}", refusal.problem);
        }
        let announcement = announce(&admin, &moving()).await;
        let wrong = [
            (AnnouncementPatch { starts_at: Some(now + hours(1)), ..AnnouncementPatch::nothing() }, "starts_at"),
            (AnnouncementPatch { notify: Some(true), ..AnnouncementPatch::nothing() }, "notify"),
            (AnnouncementPatch { is_draft: Some(true), ..AnnouncementPatch::nothing() }, "is_draft"),
            (AnnouncementPatch { ends_at: Patch::Set(now - hours(1)), ..AnnouncementPatch::nothing() }, "ends_at"),
        ];
        for (patch, field) in wrong {
            let refusal = admin.patch::<Announcement>(&format!("/announcements/{}", announcement.id), &patch).await.unwrap_err();
            assert_eq!(refusal.fields()[0], field);
        }
        let later = AnnouncementPatch { ends_at: Patch::Set(now + hours(1)), ..AnnouncementPatch::nothing() };
        assert_eq!(change(&admin, &announcement, &later).await.ends_at, Some(now + hours(1)));
    }

    /// Lists page, viewers look and change nothing, and what is deleted is gone.
    async fn lists_page_and_viewers_look(app: TestApp) {
        let editor = app.member(Role::Editor).await;
        for day in 1..=3 {
            let input = NewAnnouncement { starts_at: Some(app.clock.now() + days(day)), ..NewAnnouncement::titled(format!("Day {day}"), "Hm.") };
            announce(&editor, &input).await;
        }
        let viewer = app.member(Role::Viewer).await;
        let list: AnnouncementList = viewer.get("/announcements?limit=2&status=scheduled").await.unwrap();
        assert_eq!(list.items.iter().map(|one| one.title.as_str()).collect::<Vec<_>>(), ["Day 3", "Day 2"]);
        let rest: AnnouncementList = viewer.get(&format!("/announcements?limit=2&cursor={}", list.next_cursor.unwrap())).await.unwrap();
        assert_eq!((rest.items[0].title.as_str(), rest.next_cursor), ("Day 1", None));
        assert_eq!(viewer.post::<Announcement>("/announcements", &moving()).await.unwrap_err().code(), Code::Forbidden);
        let path = format!("/announcements/{}", rest.items[0].id);
        assert_eq!(viewer.delete(&path).await.unwrap_err().code(), Code::Forbidden);
        editor.delete(&path).await.unwrap();
        assert_eq!(viewer.get::<Announcement>(&path).await.unwrap_err().code(), Code::NotFound);
    }
}
