// Steps of time: reading, inferring and taking them.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <map>

#include "ai/forecast.h"
#include "base/data_type.h"

namespace tarn::ai {

namespace {

constexpr int64_t kSecond = 1'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour, kWeek = 7 * kDay;

struct Civil {
    int64_t month;       // Since year 0.
    unsigned day;        // 1..31
    int64_t in_day;      // Microseconds.
    bool last_of_month;
};

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

Civil CivilOf(int64_t time) {
    using namespace std::chrono;
    int64_t days = FloorDiv(time, kDay);
    year_month_day date{sys_days{std::chrono::days{days}}};
    auto last = year_month_day_last{date.year(), month_day_last{date.month()}};
    return {int64_t{static_cast<int>(date.year())} * 12 + static_cast<unsigned>(date.month()) - 1, static_cast<unsigned>(date.day()), time - days * kDay,
            last.day() == date.day()};
}

unsigned LastDay(int64_t month) {
    using namespace std::chrono;
    return static_cast<unsigned>(year_month_day_last{year{static_cast<int>(FloorDiv(month, 12))}, month_day_last{std::chrono::month{static_cast<unsigned>(month - FloorDiv(month, 12) * 12 + 1)}}}.day());
}

int64_t TimeOf(int64_t month, unsigned wanted, int64_t in_day) {
    using namespace std::chrono;
    year_month_day date{year{static_cast<int>(FloorDiv(month, 12))}, std::chrono::month{static_cast<unsigned>(month - FloorDiv(month, 12) * 12 + 1)}, day{std::min(wanted, LastDay(month))}};
    return sys_days{date}.time_since_epoch().count() * kDay + in_day;
}

// The distance that occurs most often; the smaller one of two.
int64_t Mode(const std::map<int64_t, int> &counts) {
    auto most = std::ranges::max_element(counts, {}, [](const auto &entry) { return entry.second; });
    return most->first;
}

}  // namespace

Result<Frequency> ParseFrequency(std::string_view text) {
    struct Unit {
        std::string_view names;  // Blanks around each.
        Frequency step;
    };
    // Upper and lower case mean different things for pandas alone in "M" and "m"; a minute is "min" or "T".
    static const std::array<Unit, 9> kUnits = {{
        {" us microsecond u ", {1, 0}}, {" ms millisecond l ", {1000, 0}}, {" s sec second ", {kSecond, 0}}, {" t min minute ", {kMinute, 0}}, {" h hour hourly ", {kHour, 0}},
        {" d day daily b c ", {kDay, 0}}, {" w week weekly ", {kWeek, 0}},
        {" m me mon month monthly ", {0, 1}}, {" q qe qs quarter quarterly ", {0, 3}},
    }};
    size_t at = 0;
    while (at < text.size() && text[at] == ' ') at++;
    int count = 1;
    if (at < text.size() && text[at] >= '0' && text[at] <= '9') {
        auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), count);
        at = error == std::errc() ? static_cast<size_t>(end - text.data()) : text.size();
    }
    std::string unit = ToLower(text.substr(at));
    std::erase(unit, ' ');
    if (size_t dash = unit.find('-'); dash != std::string::npos) unit.resize(dash);  // W-MON: the data says which day.
    bool month_start = text.substr(at) == "MS";
    if (month_start) unit = "m";
    auto known = [&](std::string_view names) { return !unit.empty() && names.contains(" " + unit + " "); };
    auto find = [&]() -> std::optional<Frequency> {
        for (const Unit &candidate : kUnits) {
            if (known(candidate.names)) return Frequency{candidate.step.micros * count, candidate.step.months * count};
        }
        if (known(" y ye ys a as year yearly annual annually ")) return Frequency{0, 12 * count};
        return std::nullopt;
    };
    auto found = find();
    if (!found && unit.size() > 2 && unit.ends_with('s')) {
        unit.pop_back();
        found = find();
    }
    if (found && count >= 1 && count <= 100000) return *found;
    Error error = MakeError(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", "The frequency '" + std::string(text) + "' is not known.");
    error.remedy = "Use 'auto', a unit such as 'day', 'week', 'month' or '2 weeks', or an alias such as 'D', 'W', 'MS', 'Q', 'h'.";
    return Fail(std::move(error));
}

Frequency InferFrequency(const std::vector<int64_t> &times) {
    // The latest tell more of what comes than the oldest do.
    constexpr size_t kRecent = 1000;
    size_t begin = times.size() > kRecent ? times.size() - kRecent : 0;
    if (times.size() - begin < 2) return {kDay, 0};
    std::map<int64_t, int> distances, months;
    bool monthly = true;
    Civil first = CivilOf(times[begin]);
    bool month_ends = first.last_of_month;
    for (size_t i = begin + 1; i < times.size(); i++) {
        distances[times[i] - times[i - 1]]++;
        if (!monthly) continue;
        Civil before = CivilOf(times[i - 1]), now = CivilOf(times[i]);
        bool both_ends = month_ends && now.last_of_month;
        monthly = now.month > before.month && now.in_day == first.in_day && (now.day == first.day || both_ends || (first.day > 28 && now.last_of_month));
        months[now.month - before.month]++;
    }
    if (monthly) return {0, static_cast<int>(std::min<int64_t>(Mode(months), 1200))};
    return {std::max<int64_t>(1, Mode(distances)), 0};
}

int64_t Step(Frequency frequency, int64_t time, int64_t steps) {
    if (frequency.months == 0) return time + frequency.micros * steps;
    Civil at = CivilOf(time);
    int64_t month = at.month + frequency.months * steps;
    return TimeOf(month, at.last_of_month ? 31 : at.day, at.in_day);
}

int SeasonOf(Frequency frequency) {
    if (frequency.months > 0) return 12 % frequency.months == 0 ? 12 / frequency.months : 1;
    if (frequency.micros == kWeek) return 52;
    if (frequency.micros == kDay) return 7;
    if (frequency.micros >= kHour && kDay % frequency.micros == 0) return static_cast<int>(kDay / frequency.micros);
    if (frequency.micros >= kMinute && kHour % frequency.micros == 0) return static_cast<int>(kHour / frequency.micros);
    return 1;
}

}  // namespace tarn::ai
