// settings.h: what to make, as settings.yml and text.yml say it. Units stand in the YAML files.
// Errors: kInvalidInput with the file's name and the key that is missing or wrong. Nothing throws.
#pragma once

#include "base/error.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace patreon {

enum Collection : uint8_t { kUsers, kPosts, kComments, kVotes, kCollections };
inline constexpr std::array<const char *, kCollections> kCollectionNames = {"users", "posts", "posts_comments", "votes"};

struct Country {
    std::string code, language;
    double up_to;  // Cumulative share, so that the first with `u < up_to` is drawn.
};

// Shares of the first export's documents.
struct Changes {
    double gone, newer, older, added;
};

struct Settings {
    uint64_t seed;
    std::array<uint64_t, kCollections> counts;

    int64_t start, export_at, increment_at;  // Days since 1970.
    double yearly_growth;
    std::vector<double> months, weekdays, hours;

    double patrons, former_patrons, campaign_support_usd_per_user;
    double without_updated_at, without_status, empty_status, without_status_field, followers, free_trials, without_country;
    int activity_skew;

    double polls, posts, without_description, translated, multiple_votes, recent;
    std::vector<double> options;

    double own_language, sentences, html, emoji, edited;

    double position_bias, second_vote, without_votes, beyond_options, unknown_post, unknown_user, changed_later;
    double support_per_weight_usd;
    uint32_t max_weight;

    std::array<Changes, kCollections> changes;
    double look_a_new_field, tier, last_charge_at, without_options;

    std::vector<Country> countries;
};

struct Language {
    std::string name;
    std::vector<std::string> topics, verdicts, titles, sentences;
};

struct Text {
    std::vector<std::string> emoji, oddities;
    std::vector<Language> languages;  // English first; all with as many topics.
};

tarn::Result<Settings> LoadSettings(const std::string &path, const std::string &size);
tarn::Result<Text> LoadText(const std::string &path);

// Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
int64_t DaysFromCivil(int64_t year, unsigned month, unsigned day);

}  // namespace patreon
