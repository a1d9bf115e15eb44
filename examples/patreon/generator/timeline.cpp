#include "timeline.h"

#include "random.h"

namespace patreon {
namespace {

constexpr int64_t kHour = 3600 * 1000;
constexpr size_t kSlices = 1 << 16;

unsigned MonthOf(int64_t day) {  // 0 is January.
    const int64_t shifted = day + 719468;
    const int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const int64_t day_of_era = shifted - era * 146097;
    const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t month = (5 * day_of_year + 2) / 153;  // 0 is March.
    return static_cast<unsigned>(month < 10 ? month + 2 : month - 10);
}

}  // namespace

Timeline::Timeline(const Settings &settings)
    : start_ms_(settings.start * 24 * kHour), export_ms_(settings.export_at * 24 * kHour),
      increment_ms_(settings.increment_at * 24 * kHour) {
    cumulative_.push_back(0);
    const double daily_growth = Power(settings.yearly_growth, 1 / 365.25);
    double level = 1;
    for (int64_t day = settings.start; day < settings.increment_at; ++day, level *= daily_growth) {
        if (day == settings.export_at) export_weight_ = cumulative_.back();
        const auto weekday = static_cast<size_t>((day + 3) % 7);  // 1970-01-01 was a Thursday; 0 is Monday.
        const double of_day = level * settings.months[MonthOf(day)] * settings.weekdays[weekday];
        for (const double of_hour : settings.hours) cumulative_.push_back(cumulative_.back() + of_day * of_hour);
    }
    guide_.reserve(kSlices + 1);
    uint32_t hour = 0;
    for (size_t slice = 0; slice <= kSlices; ++slice) {
        const double weight = cumulative_.back() * static_cast<double>(slice) / kSlices;
        while (hour + 2 < cumulative_.size() && cumulative_[hour + 1] <= weight) ++hour;
        guide_.push_back(hour);
    }
}

int64_t Timeline::At(double weight) const {
    const auto slice = static_cast<size_t>(weight / cumulative_.back() * kSlices);
    uint32_t hour = guide_[slice < kSlices ? slice : kSlices];
    while (hour > 0 && cumulative_[hour] > weight) --hour;
    while (hour + 2 < cumulative_.size() && cumulative_[hour + 1] <= weight) ++hour;
    const double part = (weight - cumulative_[hour]) / (cumulative_[hour + 1] - cumulative_[hour]);
    return start_ms_ + hour * kHour + static_cast<int64_t>(part * kHour);
}

}  // namespace patreon
