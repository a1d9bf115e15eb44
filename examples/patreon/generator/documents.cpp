// The four documents, field by field in the order mongoexport found them.
#include "community.h"

#include <algorithm>

namespace patreon {
namespace {

enum Purpose : uint64_t { kShape = 6, kRevision = 9, kStatus, kWords };
constexpr int64_t kDay = 86400000;

void AppendField(std::string &out, std::string_view name) {
    out += ",\"";
    out += name;
    out += "\":";
}

void AppendBool(std::string &out, bool value) { out += value ? "true" : "false"; }

std::string_view TierOf(int64_t cents) { return cents > 20000 ? "gold" : cents > 5000 ? "silver" : "bronze"; }

}  // namespace

void Community::AppendUser(std::string &out, uint64_t index, Change change, Totals &totals) const {
    Rng shape = RngOf(kUsers, index, kShape), revision = RngOf(kUsers, index, kRevision);
    const Moment moment = MomentOf(kUsers, index);
    const int64_t created = moment.ms / 1000 * 1000;
    const bool has_updated = !shape.Chance(settings_.without_updated_at) || change == Change::kNewer;
    const int64_t updated = Revise(UpdatedLater(created, 240, moment, shape), change, revision);
    // Without an updated_at there is nothing that could be older.
    const bool late = change == Change::kOlder && has_updated;

    out += "{\"_id\":";
    AppendOid(out, IdOf(kUsers, index));
    if (change == Change::kNewer && revision.Chance(settings_.look_a_new_field)) {
        out.pop_back();
        out += ",\"look_a_new_field\":\"field-";
        AppendInt(out, static_cast<int64_t>(revision.Below(1000)));
        out += "\"}";
    }
    AppendField(out, "created_at");
    AppendDate(out, created);
    if (has_updated) {
        AppendField(out, "updated_at");
        AppendDate(out, updated);
    }
    const Country *country = CountryOf(index);
    if (late || country != nullptr) {
        AppendField(out, "country");
        AppendString(out, late ? std::string_view("VA") : std::string_view(country->code));
    }
    AppendField(out, "language");
    AppendString(out, late ? std::string_view("la") : LanguageOf(country, index));
    AppendStatus(out, index, change, totals);
    out += '}';
}

void Community::AppendStatus(std::string &out, uint64_t index, Change change, Totals &totals) const {
    Rng rng = RngOf(kUsers, index, kStatus), revision = RngOf(kUsers, index, kStatus + 16 * 4);
    Support support = SupportOf(index);
    int64_t lifetime = rng.Chance(0.6) ? support.campaign_cents : support.campaign_cents / 2;
    const double u = rng.Unit();
    bool absent = !support.patron && !support.former && u < settings_.without_status;
    if (change == Change::kNewer) {
        absent = absent || (!support.patron && revision.Chance(0.05));
        support.patron = support.patron ? !revision.Chance(0.12) : !absent && revision.Chance(0.10);
        const int64_t charge = support.patron ? 500 * static_cast<int64_t>(1 + revision.Below(4)) : 0;
        lifetime += charge;
        support.campaign_cents += charge;
    }
    if (absent) return;
    AppendField(out, "patreon_status");
    out += '{';
    const size_t start = out.size();
    const auto field = [&](std::string_view name, bool always) {
        if (rng.Chance(settings_.without_status_field) && !always) return false;
        if (out.size() > start) out += ',';
        out += '"';
        out += name;
        out += "\":";
        return true;
    };
    if (support.patron || support.former || u > settings_.without_status + settings_.empty_status) {
        if (field("is_patron", support.patron)) AppendBool(out, support.patron);
        if (field("is_follower", false)) AppendBool(out, rng.Chance(settings_.followers));
        if (field("is_free_trial", false)) AppendBool(out, !support.patron && rng.Chance(settings_.free_trials));
        if (field("lifetime_support_cents", false)) {
            AppendInt(out, lifetime);
            totals.lifetime_cents += static_cast<uint64_t>(lifetime);
        }
        if (field("campaign_lifetime_support_cents", false)) {
            AppendInt(out, support.campaign_cents);
            totals.campaign_cents += static_cast<uint64_t>(support.campaign_cents);
        }
        totals.patrons += support.patron;
        const bool changed = change == Change::kNewer || change == Change::kAdded;
        if (changed && support.campaign_cents > 0 && revision.Chance(settings_.tier)) {
            if (out.size() > start) out += ',';
            out += "\"tier\":";
            AppendString(out, TierOf(support.campaign_cents));
            if (revision.Chance(settings_.last_charge_at)) {
                AppendField(out, "last_charge_at");
                AppendDate(out, timeline_.increment_ms() - 1 - static_cast<int64_t>(revision.Unit() * 30 * kDay));
            }
        }
    }
    out += '}';
}

void Community::AppendPost(std::string &out, uint64_t index, Change change, Totals &totals) const {
    Rng shape = RngOf(kPosts, index, kShape), revision = RngOf(kPosts, index, kRevision);
    const Moment moment = MomentOf(kPosts, index);
    const int64_t updated = Revise(UpdatedLater(moment.ms, 40, moment, shape), change, revision);
    const Post post = PostOf(index);
    const bool is_post = shape.Unit() * (1 - settings_.polls) < settings_.posts;
    bool multiple = post.multiple;
    bool has_multiple = multiple || (post.options > 0 && shape.Chance(0.5));
    if (change == Change::kNewer && revision.Chance(0.4)) {
        multiple = !multiple;
        has_multiple = has_multiple != revision.Chance(0.3) || multiple;
    }

    out += "{\"_id\":";
    AppendOid(out, IdOf(kPosts, index));
    AppendField(out, "created_at");
    AppendDate(out, moment.ms);
    AppendField(out, "updated_at");
    AppendDate(out, updated);
    AppendField(out, "type");
    const bool closed = change == Change::kNewer && revision.Chance(0.3);
    out += post.options > 0 ? (closed ? "\"closed_poll\"" : "\"poll\"") : is_post ? "\"post\"" : "\"image\"";
    if (has_multiple) {
        AppendField(out, "multiple_votes");
        AppendBool(out, multiple);
        totals.multiple_votes += multiple;
    }
    AppendField(out, "translations");
    out += '[';
    for (size_t language = 0; language < writer_.languages(); ++language) {
        if (language > 0 && !shape.Chance(settings_.translated)) continue;
        if (language > 0) out += ',';
        AppendTranslation(out, index, language, change);
        ++totals.translations;
    }
    out += "]}";
}

void Community::AppendTranslation(std::string &out, uint64_t index, size_t language, Change change) const {
    // The same numbers for every language: a translation says the same thing.
    Rng words = RngOf(kPosts, index, kWords);
    const Post post = PostOf(index);
    std::string text;
    out += "{\"language\":";
    AppendString(out, writer_.language(language).name);
    AppendField(out, "title");
    writer_.Title(text, language, Rng(words.Next()));
    if (language == 0 && change == Change::kNewer) text += " [edited]";
    AppendString(out, text);
    const uint64_t description = words.Next();
    if (!words.Chance(settings_.without_description)) {
        AppendField(out, "description");
        writer_.Description(text, language, Rng(description));
        AppendString(out, text);
    } else if (words.Chance(0.2)) {
        out += ",\"description\":\"\"";
    }
    const auto &topics = writer_.language(language).topics;
    const uint32_t first = static_cast<uint32_t>(words.Below(static_cast<uint32_t>(topics.size())));
    const bool lacks_options = language == 0 && change == Change::kAdded && words.Chance(settings_.without_options);
    if (!lacks_options) {
        AppendField(out, "options");
        out += '[';
        for (uint32_t i = 0; i < post.options; ++i) {
            if (i > 0) out += ',';
            AppendString(out, topics[(first + i) % topics.size()]);
        }
        if (post.options > 0 && language == 0 && change == Change::kNewer && words.Chance(0.5)) out += ",\"None of these\"";
        out += ']';
    }
    AppendField(out, "created_at");
    const Moment moment = MomentOf(kPosts, index);
    Rng later = RngOf(kPosts, index, kWords + (language + 1) * 1024);
    AppendDate(out, language == 0 ? moment.ms : UpdatedLater(moment.ms, 4, moment, later));
    out += '}';
}

void Community::AppendComment(std::string &out, uint64_t index, Change change, Totals &totals) const {
    Rng rng = RngOf(kComments, index, kShape), revision = RngOf(kComments, index, kRevision);
    const Moment moment = MomentOf(kComments, index);
    const uint64_t user = PickUser(moment, rng), post = RecentPost(moment, rng);
    const bool edited = rng.Chance(settings_.edited);
    const int64_t updated = Revise(edited ? UpdatedLater(moment.ms, 3, moment, rng) : moment.ms, change, revision);
    const size_t native = writer_.LanguageIndex(LanguageOf(CountryOf(user), user));
    const size_t language = rng.Chance(settings_.own_language) ? native : 0;

    thread_local std::string body, text;
    writer_.Body(body, language, rng);
    text.clear();
    if (change == Change::kOlder) text += "[late copy] ";
    text += body;
    if (change == Change::kNewer) text += revision.Chance(0.5) ? " [edit: 👍]" : " [edit: schön]";
    totals.body_length += CodePoints(text);

    out += "{\"_id\":";
    AppendOid(out, IdOf(kComments, index));
    AppendField(out, "body");
    AppendString(out, text);
    AppendField(out, "post_id");
    AppendOid(out, IdOf(kPosts, post));
    AppendField(out, "user_id");
    AppendOid(out, IdOf(kUsers, user));
    AppendField(out, "created_at");
    AppendDate(out, moment.ms);
    AppendField(out, "updated_at");
    AppendDate(out, updated);
    out += '}';
}

void Community::AppendVote(std::string &out, uint64_t index, Change change, Totals &totals) const {
    Rng rng = RngOf(kVotes, index, kShape), revision = RngOf(kVotes, index, kRevision);
    const Moment moment = MomentOf(kVotes, index);
    const uint64_t user = PickUser(moment, rng);
    const uint64_t recent = RecentPost(moment, rng);
    const uint64_t older_polls = polls_before_[recent + 1];
    const uint64_t post = polls_.empty() ? recent : polls_[older_polls > 0 ? older_polls - 1 : 0];
    const int64_t updated = Revise(rng.Chance(settings_.changed_later) ? UpdatedLater(moment.ms, 4, moment, rng) : moment.ms,
                                   change, revision);

    out += "{\"_id\":";
    AppendOid(out, IdOf(kVotes, index));
    AppendField(out, "post_id");
    AppendOid(out, rng.Chance(settings_.unknown_post) ? UnknownId(kPosts, rng, moment) : IdOf(kPosts, post));
    AppendField(out, "user_id");
    AppendOid(out, rng.Chance(settings_.unknown_user) ? UnknownId(kUsers, rng, moment) : IdOf(kUsers, user));
    AppendField(out, "votes");
    AppendVoteEntries(out, index, user, post, change, totals);
    AppendField(out, "created_at");
    AppendDate(out, moment.ms);
    AppendField(out, "updated_at");
    AppendDate(out, updated);
    out += '}';
}

void Community::AppendVoteEntries(std::string &out, uint64_t index, uint64_t user, uint64_t post, Change change,
                                  Totals &totals) const {
    Rng rng = RngOf(kVotes, index, kWords), revision = RngOf(kVotes, index, kStatus);
    const bool empty = rng.Chance(settings_.without_votes) || (change == Change::kNewer && revision.Chance(0.12));
    out += '[';
    if (!empty) {
        const Post poll = PostOf(post);
        const uint32_t options = std::max<uint32_t>(poll.options, 1);
        const Support support = SupportOf(user);
        uint64_t weight = 1;
        if (support.patron) weight += static_cast<uint64_t>(support.campaign_cents / (settings_.support_per_weight_usd * 100));
        weight = std::min<uint64_t>(weight, settings_.max_weight);
        if (change == Change::kNewer) weight += revision.Below(3);
        if (change == Change::kOlder) weight += 100;
        uint32_t chosen = 0;
        for (uint32_t entries = 0;; ++entries) {
            uint32_t option = PickOption(post, options, rng);
            if (rng.Chance(settings_.beyond_options)) option = options + static_cast<uint32_t>(rng.Below(3));
            if (entries == 0 && change == Change::kNewer && revision.Chance(0.3)) option = (option + 1) % options;
            if ((chosen & (1u << option)) == 0) {  // Nobody votes for an option twice.
                chosen |= 1u << option;
                out += out.back() == '[' ? "{\"index\":" : ",{\"index\":";
                AppendInt(out, option);
                out += ",\"weight\":";
                AppendInt(out, static_cast<int64_t>(weight));
                out += '}';
                ++totals.vote_entries;
                totals.vote_weight += weight;
            }
            if (!poll.multiple || entries >= 5 || !rng.Chance(settings_.second_vote)) break;
        }
    }
    out += ']';
}

}  // namespace patreon
