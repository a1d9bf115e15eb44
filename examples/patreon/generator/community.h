// community.h: the documents. Any of them can be made from its index alone, for the first export or the increment.
//
// An index below settings.counts[c] is a document of the first export; those above come with the increment.
// What a document refers to (its author, its post) existed at its time, but for the few wrong references asked for.
// Threads: immutable once built, call from any thread. Memory: a few words a post, nothing else grows with the size.
#pragma once

#include "json.h"
#include "settings.h"
#include "timeline.h"
#include "writer.h"

#include <array>
#include <string>
#include <vector>

namespace patreon {

enum class Export : uint8_t { kFirst, kIncrement };

// Sums over the documents of one export, as the example's tests count them.
struct Totals {
    std::array<uint64_t, kCollections> documents{};
    uint64_t patrons = 0, lifetime_cents = 0, campaign_cents = 0;
    uint64_t multiple_votes = 0, translations = 0;
    uint64_t body_length = 0;
    uint64_t vote_entries = 0, vote_weight = 0;
    void Add(const Totals &other);
};

class Community {
public:
    // All borrowed; they must outlive the Community.
    Community(const Settings &settings, const Writer &writer, const Timeline &timeline);

    // How many indexes there are for an export, gone documents included.
    uint64_t Size(Collection c, Export e) const { return settings_.counts[c] + (e == Export::kIncrement ? added_[c] : 0); }

    // Appends document `index` as one line without its end. False, and nothing appended, when it is gone by then.
    bool Append(std::string &out, Collection c, uint64_t index, Export e, Totals &totals) const;

private:
    enum class Change : uint8_t { kSame, kNewer, kOlder, kGone, kAdded };
    // When a document was made, and how much of its time span (before or after the first export) lay behind it.
    struct Moment {
        int64_t ms;
        double q;
        bool added;
    };
    struct Support {
        bool patron, former;
        int64_t campaign_cents;
    };
    struct Post {
        uint8_t options;
        bool multiple;
    };

    Rng RngOf(Collection c, uint64_t index, uint64_t purpose) const;
    Moment MomentOf(Collection c, uint64_t index) const;
    uint64_t CountBefore(Collection c, const Moment &moment) const;
    ObjectId IdOf(Collection c, uint64_t index) const;
    ObjectId UnknownId(Collection c, Rng &rng, const Moment &moment) const;
    Change ChangeOf(Collection c, uint64_t index, Export e) const;
    int64_t UpdatedLater(int64_t created_ms, double mean_days, const Moment &moment, Rng &rng) const;
    // updated_at as the export has it: a newer one after the first export, an older one that must lose.
    int64_t Revise(int64_t updated_ms, Change change, Rng &rng) const;

    const Country *CountryOf(uint64_t user) const;
    std::string_view LanguageOf(const Country *country, uint64_t user) const;
    Support SupportOf(uint64_t user) const;
    Post PostOf(uint64_t index) const;
    uint64_t PickUser(const Moment &moment, Rng &rng) const;
    uint64_t RecentPost(const Moment &moment, Rng &rng) const;
    uint32_t PickOption(uint64_t poll, uint32_t options, Rng &rng) const;

    void AppendUser(std::string &out, uint64_t index, Change change, Totals &totals) const;
    void AppendStatus(std::string &out, uint64_t index, Change change, Totals &totals) const;
    void AppendPost(std::string &out, uint64_t index, Change change, Totals &totals) const;
    void AppendTranslation(std::string &out, uint64_t index, size_t language, Change change) const;
    void AppendComment(std::string &out, uint64_t index, Change change, Totals &totals) const;
    void AppendVote(std::string &out, uint64_t index, Change change, Totals &totals) const;
    void AppendVoteEntries(std::string &out, uint64_t index, uint64_t user, uint64_t post, Change change, Totals &totals) const;

    const Settings &settings_;
    const Writer &writer_;
    const Timeline &timeline_;
    uint64_t seed_;
    std::array<uint64_t, kCollections> added_{}, machine_{};
    double patron_mean_cents_;
    std::vector<uint32_t> polls_;         // Indexes of posts with options, in order of time.
    std::vector<uint32_t> polls_before_;  // Post index -> how many polls are older.
    std::vector<double> bias_;            // Position in a poll -> pull.
};

}  // namespace patreon
