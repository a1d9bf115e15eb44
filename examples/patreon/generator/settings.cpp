#include "settings.h"

#include <cstdio>
#include <yaml-cpp/yaml.h>

namespace patreon {
namespace {

using tarn::ErrorKind;
using tarn::Fail;

// yaml-cpp throws; this border turns that into one Error that names the file.
template <class Load>
auto Guard(const std::string &path, Load load) -> tarn::Result<decltype(load())> {
    try {
        return load();
    } catch (const std::exception &e) {
        return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", path + ": " + e.what());
    }
}

YAML::Node Need(const YAML::Node &parent, const std::string &key) {
    const YAML::Node node = parent[key];
    if (!node) throw std::runtime_error("`" + key + "` is missing");
    return node;
}

template <class T = double>
T Get(const YAML::Node &parent, const std::string &key) {
    try {
        return Need(parent, key).as<T>();
    } catch (const YAML::Exception &e) {
        throw std::runtime_error("`" + key + "`: " + e.what());
    }
}

int64_t GetDay(const YAML::Node &parent, const std::string &key) {
    int year = 0;
    unsigned month = 0, day = 0;
    if (std::sscanf(Get<std::string>(parent, key).c_str(), "%d-%u-%u", &year, &month, &day) != 3) {
        throw std::runtime_error("`" + key + "` is not a date like 2024-02-01");
    }
    return DaysFromCivil(year, month, day);
}

std::vector<double> GetList(const YAML::Node &parent, const std::string &key, size_t length) {
    auto list = Get<std::vector<double>>(parent, key);
    if (list.size() != length) {
        throw std::runtime_error("`" + key + "` needs " + std::to_string(length) + " numbers");
    }
    return list;
}

void ReadTimeAndUsers(const YAML::Node &root, Settings &s) {
    const YAML::Node time = Need(root, "time");
    s.start = GetDay(time, "start");
    s.export_at = GetDay(time, "export");
    s.increment_at = GetDay(time, "increment");
    if (!(s.start < s.export_at && s.export_at < s.increment_at)) {
        throw std::runtime_error("`time`: start, export and increment must follow each other");
    }
    s.yearly_growth = Get(time, "yearly_growth");
    s.months = GetList(time, "months", 12);
    s.weekdays = GetList(time, "weekdays", 7);
    s.hours = GetList(time, "hours", 24);

    const YAML::Node users = Need(root, "users");
    s.patrons = Get(users, "patrons");
    s.former_patrons = Get(users, "former_patrons");
    s.campaign_support_usd_per_user = Get(users, "campaign_support_usd_per_user");
    s.without_updated_at = Get(users, "without_updated_at");
    s.without_status = Get(users, "without_status");
    s.empty_status = Get(users, "empty_status");
    s.without_status_field = Get(users, "without_status_field");
    s.followers = Get(users, "followers");
    s.free_trials = Get(users, "free_trials");
    s.without_country = Get(users, "without_country");
    s.activity_skew = Get<int>(users, "activity_skew");
}

void ReadPostsToVotes(const YAML::Node &root, Settings &s) {
    const YAML::Node posts = Need(root, "posts");
    s.polls = Get(Need(posts, "types"), "poll");
    s.posts = Get(Need(posts, "types"), "post");
    s.without_description = Get(posts, "without_description");
    s.translated = Get(posts, "translated");
    s.multiple_votes = Get(posts, "multiple_votes");
    s.recent = Get(posts, "recent");
    s.options = Get<std::vector<double>>(posts, "options");

    const YAML::Node comments = Need(root, "comments");
    s.own_language = Get(comments, "own_language");
    s.sentences = Get(comments, "sentences");
    s.html = Get(comments, "html");
    s.emoji = Get(comments, "emoji");
    s.edited = Get(comments, "edited");

    const YAML::Node votes = Need(root, "votes");
    s.position_bias = Get(votes, "position_bias");
    s.second_vote = Get(votes, "second_vote");
    s.without_votes = Get(votes, "without_votes");
    s.beyond_options = Get(votes, "beyond_options");
    s.unknown_post = Get(votes, "unknown_post");
    s.unknown_user = Get(votes, "unknown_user");
    s.changed_later = Get(votes, "changed_later");
    s.support_per_weight_usd = Get(votes, "support_per_weight_usd");
    s.max_weight = Get<uint32_t>(votes, "max_weight");
}

void ReadIncrement(const YAML::Node &root, Settings &s) {
    const YAML::Node increment = Need(root, "increment");
    constexpr std::array<const char *, kCollections> keys = {"users", "posts", "comments", "votes"};
    for (int c = 0; c < kCollections; ++c) {
        const YAML::Node node = Need(increment, keys[c]);
        s.changes[c] = {Get(node, "gone"), Get(node, "newer"), Get(node, "older"), Get(node, "added")};
    }
    s.look_a_new_field = Get(increment, "look_a_new_field");
    s.tier = Get(increment, "tier");
    s.last_charge_at = Get(increment, "last_charge_at");
    s.without_options = Get(increment, "without_options");

    double sum = 0, so_far = 0;
    for (const YAML::Node &node : Need(root, "countries")) sum += Get(node, "share");
    for (const YAML::Node &node : Need(root, "countries")) {
        so_far += Get(node, "share") / sum;
        s.countries.push_back({Get<std::string>(node, "code"), Get<std::string>(node, "language"), so_far});
    }
    if (s.countries.empty()) throw std::runtime_error("`countries` is empty");
}

}  // namespace

int64_t DaysFromCivil(int64_t year, unsigned month, unsigned day) {
    year -= month <= 2;
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const int64_t year_of_era = year - era * 400;
    const int64_t day_of_year = (153 * (static_cast<int64_t>(month) + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

tarn::Result<Settings> LoadSettings(const std::string &path, const std::string &size) {
    return Guard(path, [&] {
        const YAML::Node root = YAML::LoadFile(path);
        Settings s{};
        s.seed = Get<uint64_t>(root, "seed");
        const YAML::Node sizes = Need(root, "sizes");
        if (!sizes[size]) {
            std::string names;
            for (const auto &entry : sizes) names += (names.empty() ? "" : ", ") + entry.first.as<std::string>();
            throw std::runtime_error("there is no size `" + size + "`; choose one of " + names);
        }
        constexpr std::array<const char *, kCollections> keys = {"users", "posts", "comments", "votes"};
        for (int c = 0; c < kCollections; ++c) {
            s.counts[c] = Get<uint64_t>(sizes[size], keys[c]);
            if (s.counts[c] == 0 || s.counts[c] >= 1u << 31) throw std::runtime_error("a count must be 1 to 2^31");
        }
        ReadTimeAndUsers(root, s);
        ReadPostsToVotes(root, s);
        ReadIncrement(root, s);
        return s;
    });
}

tarn::Result<Text> LoadText(const std::string &path) {
    return Guard(path, [&] {
        const YAML::Node root = YAML::LoadFile(path);
        using Strings = std::vector<std::string>;
        Text text{Get<Strings>(root, "emoji"), Get<Strings>(root, "oddities"), {}};
        for (const auto &entry : Need(root, "languages")) {
            const YAML::Node &node = entry.second;
            text.languages.push_back({entry.first.as<std::string>(), Get<Strings>(node, "topics"), Get<Strings>(node, "verdicts"),
                                      Get<Strings>(node, "titles"), Get<Strings>(node, "sentences")});
        }
        if (text.languages.empty() || text.languages[0].name != "en") throw std::runtime_error("English must come first");
        if (text.emoji.empty() || text.oddities.empty()) throw std::runtime_error("`emoji` and `oddities` must not be empty");
        for (const Language &language : text.languages) {
            if (language.topics.size() != text.languages[0].topics.size() || language.topics.size() < 12 ||
                language.verdicts.empty() || language.titles.empty() || language.sentences.empty()) {
                throw std::runtime_error("`" + language.name + "` needs as many topics as English (12 at least), verdicts, "
                                         "titles and sentences");
            }
        }
        return text;
    });
}

}  // namespace patreon
