// Who, when and which: everything a document needs to know before it is written. documents.cpp writes.
#include "community.h"

#include <algorithm>

namespace patreon {
namespace {

constexpr double kDayMs = 86400000;

// What a stream of random numbers is for; a new use gets a new number, so that old ones keep their values.
enum Purpose : uint64_t { kMoment = 1, kChange, kSupport, kCountry, kLanguage, kShape, kActivity, kAppeal };

}  // namespace

void Totals::Add(const Totals &other) {
    for (int c = 0; c < kCollections; ++c) documents[c] += other.documents[c];
    patrons += other.patrons;
    lifetime_cents += other.lifetime_cents;
    campaign_cents += other.campaign_cents;
    multiple_votes += other.multiple_votes;
    translations += other.translations;
    body_length += other.body_length;
    vote_entries += other.vote_entries;
    vote_weight += other.vote_weight;
}

Community::Community(const Settings &settings, const Writer &writer, const Timeline &timeline)
    : settings_(settings), writer_(writer), timeline_(timeline), seed_(Mix(settings.seed)) {
    for (int c = 0; c < kCollections; ++c) {
        added_[c] = static_cast<uint64_t>(settings.changes[c].added * static_cast<double>(settings.counts[c]) + 0.5);
        machine_[c] = Mix(seed_ + static_cast<uint64_t>(c)) & 0xFFFFFFFFFF;
    }
    // Former patrons gave half as much on average, and some documents lack the field.
    const double givers = settings.patrons + settings.former_patrons / 2;
    patron_mean_cents_ = settings.campaign_support_usd_per_user * 100 / givers / (1 - settings.without_status_field);
    for (size_t position = 1; position <= settings.options.size(); ++position) {
        bias_.push_back(Power(static_cast<double>(position), -settings.position_bias));
    }
    const uint64_t posts = settings.counts[kPosts] + added_[kPosts];
    polls_before_.reserve(posts + 1);
    for (uint64_t post = 0; post < posts; ++post) {
        polls_before_.push_back(static_cast<uint32_t>(polls_.size()));
        if (PostOf(post).options > 0) polls_.push_back(static_cast<uint32_t>(post));
    }
    polls_before_.push_back(static_cast<uint32_t>(polls_.size()));
}

Rng Community::RngOf(Collection c, uint64_t index, uint64_t purpose) const {
    return Rng(seed_ ^ Mix(index * 64 + c * 16 + purpose));
}

Community::Moment Community::MomentOf(Collection c, uint64_t index) const {
    const double jitter = RngOf(c, index, kMoment).Unit();
    const uint64_t first = settings_.counts[c];
    if (index < first) {
        const double q = (static_cast<double>(index) + jitter) / static_cast<double>(first);
        return {timeline_.BeforeExport(q), q, false};
    }
    const double q = (static_cast<double>(index - first) + jitter) / static_cast<double>(added_[c]);
    return {timeline_.AfterExport(q), q, true};
}

uint64_t Community::CountBefore(Collection c, const Moment &moment) const {
    const uint64_t first = settings_.counts[c];
    const uint64_t count = moment.added ? first + static_cast<uint64_t>(moment.q * static_cast<double>(added_[c]))
                                        : static_cast<uint64_t>(moment.q * static_cast<double>(first));
    return std::max<uint64_t>(count, 1);
}

ObjectId Community::IdOf(Collection c, uint64_t index) const {
    const auto second = static_cast<uint32_t>(MomentOf(c, index).ms / 1000);
    const auto counter = static_cast<uint32_t>((index + (machine_[c] >> 20)) & 0xFFFFFF);
    return {second, machine_[c], counter};
}

ObjectId Community::UnknownId(Collection c, Rng &rng, const Moment &moment) const {
    // Another machine's number: no document can have it.
    return {static_cast<uint32_t>(moment.ms / 1000 - 86400), machine_[c] ^ 1, static_cast<uint32_t>(rng.Below(1 << 24))};
}

Community::Change Community::ChangeOf(Collection c, uint64_t index, Export e) const {
    if (e == Export::kFirst) return Change::kSame;
    if (index >= settings_.counts[c]) return Change::kAdded;
    const Changes &shares = settings_.changes[c];
    double u = RngOf(c, index, kChange).Unit();
    if ((u -= shares.gone) < 0) return Change::kGone;
    if ((u -= shares.newer) < 0) return Change::kNewer;
    if ((u -= shares.older) < 0) return Change::kOlder;
    return Change::kSame;
}

int64_t Community::UpdatedLater(int64_t created_ms, double mean_days, const Moment &moment, Rng &rng) const {
    const int64_t updated = created_ms + static_cast<int64_t>(rng.Exponential(mean_days) * kDayMs);
    const int64_t end = moment.added ? timeline_.increment_ms() : timeline_.export_ms();
    return std::max(created_ms, std::min(updated, end - 1 - static_cast<int64_t>(rng.Below(86400000))));
}

int64_t Community::Revise(int64_t updated_ms, Change change, Rng &rng) const {
    if (change == Change::kNewer) {
        const int64_t span = timeline_.increment_ms() - timeline_.export_ms();
        return timeline_.export_ms() + static_cast<int64_t>(rng.Unit() * static_cast<double>(span));
    }
    if (change == Change::kOlder) return updated_ms - static_cast<int64_t>(kDayMs) * (30 + static_cast<int64_t>(rng.Below(61)));
    return updated_ms;
}

const Country *Community::CountryOf(uint64_t user) const {
    Rng rng = RngOf(kUsers, user, kCountry);
    if (rng.Chance(settings_.without_country)) return nullptr;
    const double u = rng.Unit();
    for (const Country &country : settings_.countries) {
        if (u < country.up_to) return &country;
    }
    return &settings_.countries.back();
}

std::string_view Community::LanguageOf(const Country *country, uint64_t user) const {
    if (country == nullptr) return "en";
    // Some set their language to English all the same.
    return RngOf(kUsers, user, kLanguage).Chance(0.15) ? std::string_view("en") : std::string_view(country->language);
}

Community::Support Community::SupportOf(uint64_t user) const {
    Rng rng = RngOf(kUsers, user, kSupport);
    const double u = rng.Unit();
    const bool patron = u < settings_.patrons;
    const bool former = !patron && u < settings_.patrons + settings_.former_patrons;
    if (!patron && !former) return {false, false, 0};
    // Nobody gives less than a dollar; the rest has an exponential tail.
    const double mean = (former ? patron_mean_cents_ / 2 : patron_mean_cents_) - 100;
    return {patron, former, 100 + static_cast<int64_t>(rng.Exponential(std::max(mean, 1.0)))};
}

Community::Post Community::PostOf(uint64_t index) const {
    Rng rng = RngOf(kPosts, index, kAppeal);
    if (!rng.Chance(settings_.polls)) return {0, rng.Chance(0.05)};
    double u = rng.Unit();
    size_t options = 0;
    while (options + 1 < settings_.options.size() && (u -= settings_.options[options]) >= 0) ++options;
    options = std::clamp<size_t>(options, 2, 12);
    return {static_cast<uint8_t>(options), rng.Chance(settings_.multiple_votes)};
}

uint64_t Community::PickUser(const Moment &moment, Rng &rng) const {
    const auto users = static_cast<uint32_t>(CountBefore(kUsers, moment));
    // Rejection: a user's zeal is a random number to the power activity_skew, so a few write most.
    for (int attempt = 0; attempt < 64; ++attempt) {
        const uint64_t user = rng.Below(users);
        const double base = RngOf(kUsers, user, kActivity).Unit();
        double zeal = 1;
        for (int i = 0; i < settings_.activity_skew; ++i) zeal *= base;
        if (rng.Unit() < zeal) return user;
    }
    return rng.Below(users);
}

uint64_t Community::RecentPost(const Moment &moment, Rng &rng) const {
    const uint64_t posts = CountBefore(kPosts, moment);
    const auto back = static_cast<uint64_t>(rng.Exponential(settings_.recent));
    return posts - 1 - std::min(back, posts - 1);
}

uint32_t Community::PickOption(uint64_t poll, uint32_t options, Rng &rng) const {
    // Pull of an option: its position's bias times an appeal of its own.
    std::array<double, 16> pull{};
    double sum = 0;
    for (uint32_t i = 0; i < options; ++i) {
        const double appeal = 0.35 + 1.3 * Rng(seed_ ^ Mix(~(poll * 16 + i))).Unit();
        sum += pull[i] = appeal * bias_[std::min<size_t>(i, bias_.size() - 1)];
    }
    double u = rng.Unit() * sum;
    for (uint32_t i = 0; i + 1 < options; ++i) {
        if ((u -= pull[i]) < 0) return i;
    }
    return options - 1;
}

bool Community::Append(std::string &out, Collection c, uint64_t index, Export e, Totals &totals) const {
    const Change change = ChangeOf(c, index, e);
    if (change == Change::kGone) return false;
    ++totals.documents[c];
    switch (c) {
        case kUsers: AppendUser(out, index, change, totals); break;
        case kPosts: AppendPost(out, index, change, totals); break;
        case kComments: AppendComment(out, index, change, totals); break;
        default: AppendVote(out, index, change, totals); break;
    }
    return true;
}

}  // namespace patreon
