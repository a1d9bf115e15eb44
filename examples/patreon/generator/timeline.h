// timeline.h: when things happen. An hourly activity curve (growth x month x weekday x hour) and its quantiles.
//
// A document's place in its collection is a quantile of the curve: document i of n has q = (i + jitter) / n. All
// collections share the curve, so "users who were there at this comment's time" is simply q * number of users.
// Threads: immutable once built.
#pragma once

#include "settings.h"

#include <vector>

namespace patreon {

class Timeline {
public:
    explicit Timeline(const Settings &settings);

    // Milliseconds since 1970. q in [0, 1); later q, later time.
    int64_t BeforeExport(double q) const { return At(q * export_weight_); }
    int64_t AfterExport(double q) const { return At(export_weight_ + q * (cumulative_.back() - export_weight_)); }

    int64_t export_ms() const { return export_ms_; }
    int64_t increment_ms() const { return increment_ms_; }

private:
    int64_t At(double weight) const;

    int64_t start_ms_, export_ms_, increment_ms_;
    std::vector<double> cumulative_;  // Weight before hour h; one entry more than hours.
    std::vector<uint32_t> guide_;     // Equal slices of weight -> the hour where a slice begins.
    double export_weight_ = 0;
};

}  // namespace patreon
