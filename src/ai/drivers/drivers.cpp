#include "ai/drivers.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <unordered_map>

#include "base/data_type.h"

namespace tarn::ai {

namespace {

constexpr uint32_t kRare = std::numeric_limits<uint32_t>::max();

std::unexpected<Error> Invalid(std::string message) { return Fail(ErrorKind::kInvalidInput, "INVALID_PARAMETER_VALUE", std::move(message)); }

struct Total {
    double count = 0, sum = 0;
    double min = std::numeric_limits<double>::infinity(), max = -std::numeric_limits<double>::infinity();

    void Add(double value) {
        count++;
        sum += value;
        min = std::min(min, value);
        max = std::max(max, value);
    }
    std::optional<double> Of(Aggregation aggregation) const {
        if (aggregation == Aggregation::kSum) return sum;
        if (aggregation == Aggregation::kCount) return count;
        if (count == 0) return std::nullopt;
        if (aggregation == Aggregation::kAvg) return sum / count;
        return aggregation == Aggregation::kMin ? min : max;
    }
    // Of the rows that are in `all` and not here; extremes cannot be taken off.
    Total Rest(const Total &all) const {
        Total rest;
        rest.count = all.count - count;
        rest.sum = all.sum - sum;
        return rest;
    }
};

struct Segment {
    Total group[2];  // control, test
    double Count() const { return group[0].count + group[1].count; }
    bool SameRows(const Segment &other) const {
        return group[0].count == other.group[0].count && group[1].count == other.group[1].count;
    }
};

std::optional<double> Ratio(std::optional<double> a, std::optional<double> b) {
    if (!a || !b || *b == 0) return std::nullopt;
    return *a / *b;
}

class Analysis {
public:
    Analysis(const DriverRows &rows, std::vector<Dimension> dimensions, Aggregation aggregation, double min_support)
        : rows_(rows), dimensions_(std::move(dimensions)), aggregation_(aggregation), least_(min_support * static_cast<double>(rows.metric.size())) {
        for (size_t i = 0; i < rows.metric.size(); i++) all_.group[rows.test[i]].Add(rows.metric[i]);
    }

    bool HasBoth() const { return all_.group[0].count > 0 && all_.group[1].count > 0; }

    std::vector<Driver> Run() {
        Singles();
        Trim();
        std::vector<Driver> out;
        for (size_t d = 0; d < dimensions_.size(); d++) {
            for (size_t label = 0; label < singles_[d].size(); label++) {
                if (Enough(singles_[d][label])) out.push_back(Describe(singles_[d][label], {Name(d, label)}));
            }
        }
        for (size_t a = 0; a < dimensions_.size(); a++) {
            for (size_t b = a + 1; b < dimensions_.size(); b++) Pairs(a, b, out);
        }
        std::ranges::stable_sort(out, std::greater<>(), &Driver::contribution);
        return out;
    }

private:
    bool Enough(const Segment &segment) const { return segment.Count() > 0 && segment.Count() >= least_; }
    std::string Name(size_t dimension, size_t label) const { return dimensions_[dimension].name + "=" + dimensions_[dimension].labels[label]; }

    void Singles() {
        for (const Dimension &dimension : dimensions_) {
            std::vector<Segment> segments(dimension.labels.size());
            for (size_t i = 0; i < rows_.metric.size(); i++) segments[dimension.codes[i]].group[rows_.test[i]].Add(rows_.metric[i]);
            singles_.push_back(std::move(segments));
        }
    }

    // How much of the metric's variance the labels of a dimension that are frequent enough explain.
    double Explained(size_t d) const {
        double mean = (all_.group[0].sum + all_.group[1].sum) / all_.Count(), sum = 0;
        for (const Segment &segment : singles_[d]) {
            if (!Enough(segment)) continue;
            double off = (segment.group[0].sum + segment.group[1].sum) / segment.Count() - mean;
            sum += segment.Count() * off * off;
        }
        return sum;
    }
    void Trim() {
        if (dimensions_.size() <= kMostDimensions) return;
        std::vector<std::pair<double, size_t>> order;
        for (size_t d = 0; d < dimensions_.size(); d++) order.emplace_back(-Explained(d), d);
        std::ranges::sort(order);
        order.resize(kMostDimensions);
        std::ranges::sort(order, {}, &std::pair<double, size_t>::second);
        std::vector<Dimension> dimensions;
        std::vector<std::vector<Segment>> singles;
        for (const auto &[explained, d] : order) {
            dimensions.push_back(std::move(dimensions_[d]));
            singles.push_back(std::move(singles_[d]));
        }
        dimensions_ = std::move(dimensions);
        singles_ = std::move(singles);
    }

    // A pair holds no more rows than its halves: only values that are frequent enough can make one that is.
    std::vector<uint32_t> Frequent(size_t d, std::vector<size_t> &labels) const {
        std::vector<uint32_t> numbers(singles_[d].size(), kRare);
        for (size_t label = 0; label < numbers.size(); label++) {
            if (!Enough(singles_[d][label])) continue;
            numbers[label] = static_cast<uint32_t>(labels.size());
            labels.push_back(label);
        }
        return numbers;
    }

    void Pairs(size_t a, size_t b, std::vector<Driver> &out) const {
        std::vector<size_t> labels_a, labels_b;
        std::vector<uint32_t> numbers_a = Frequent(a, labels_a), numbers_b = Frequent(b, labels_b);
        if (labels_a.empty() || labels_b.empty()) return;
        std::unordered_map<uint64_t, Segment> segments;
        for (size_t i = 0; i < rows_.metric.size(); i++) {
            uint32_t first = numbers_a[dimensions_[a].codes[i]], second = numbers_b[dimensions_[b].codes[i]];
            if (first == kRare || second == kRare) continue;
            segments[uint64_t{first} << 32 | second].group[rows_.test[i]].Add(rows_.metric[i]);
        }
        std::vector<std::pair<uint64_t, const Segment *>> ordered;
        for (const auto &[key, segment] : segments) ordered.emplace_back(key, &segment);
        std::ranges::sort(ordered);
        for (const auto &[key, segment] : ordered) {
            size_t first = labels_a[key >> 32], second = labels_b[key & 0xFFFFFFFF];
            if (!Enough(*segment) || segment->SameRows(singles_[a][first]) || segment->SameRows(singles_[b][second])) continue;
            out.push_back(Describe(*segment, {Name(a, first), Name(b, second)}));
        }
    }

    Driver Describe(const Segment &segment, std::vector<std::string> contributor) const {
        Driver driver;
        driver.contributor = std::move(contributor);
        driver.support = segment.Count() / all_.Count();
        driver.control = segment.group[0].Of(aggregation_);
        driver.test = segment.group[1].Of(aggregation_);
        if (!driver.control || !driver.test) return driver;
        driver.difference = *driver.test - *driver.control;
        driver.relative_difference = Ratio(driver.difference, driver.control);
        driver.contribution = std::abs(*driver.difference) * (aggregation_ == Aggregation::kAvg ? driver.support : 1);
        if (aggregation_ == Aggregation::kMin || aggregation_ == Aggregation::kMax) return driver;
        auto rest = Ratio(segment.group[1].Rest(all_.group[1]).Of(aggregation_), segment.group[0].Rest(all_.group[0]).Of(aggregation_));
        if (!rest) return driver;
        double expected = *driver.control * *rest;
        driver.unexpected_difference = *driver.test - expected;
        driver.relative_unexpected_difference = Ratio(driver.unexpected_difference, expected);
        return driver;
    }

    const DriverRows &rows_;
    std::vector<Dimension> dimensions_;
    const Aggregation aggregation_;
    const double least_;
    Segment all_;
    std::vector<std::vector<Segment>> singles_;
};

std::string NumberText(double value) {
    char text[32];
    bool whole = value == std::floor(value) && std::abs(value) < 1e15;
    std::snprintf(text, sizeof text, whole ? "%.0f" : "%.6g", value);
    return text;
}

}  // namespace

Dimension TextDimension(std::string name, const std::vector<std::optional<std::string_view>> &values) {
    Dimension out;
    out.name = std::move(name);
    std::unordered_map<std::string_view, uint32_t> numbers;
    std::optional<uint32_t> null;
    for (const auto &value : values) {
        auto fresh = static_cast<uint32_t>(out.labels.size());
        if (!value) {
            if (!null) {
                null = fresh;
                out.labels.push_back("NULL");
            }
            out.codes.push_back(*null);
            continue;
        }
        auto [place, added] = numbers.emplace(*value, fresh);
        if (added) out.labels.emplace_back(*value);
        out.codes.push_back(place->second);
    }
    return out;
}

Dimension NumberDimension(std::string name, const std::vector<std::optional<double>> &values, const std::vector<std::optional<std::string_view>> &texts) {
    std::vector<double> sorted;
    for (const auto &value : values) {
        if (value) sorted.push_back(*value);
    }
    std::ranges::sort(sorted);
    size_t different = sorted.empty() ? 0 : 1;
    for (size_t i = 1; i < sorted.size() && different <= kMostExactNumbers; i++) different += sorted[i] != sorted[i - 1];
    if (different <= kMostExactNumbers) return TextDimension(std::move(name), texts);
    double low = sorted[(sorted.size() - 1) / 3], high = sorted[(sorted.size() - 1) * 2 / 3];
    std::string a = NumberText(low), b = NumberText(high);
    Dimension out{std::move(name), {}, {"low (<=" + a + ")", "medium (>" + a + " and <=" + b + ")", "high (>" + b + ")", "NULL"}};
    for (const auto &value : values) out.codes.push_back(!value ? 3 : *value <= low ? 0 : *value <= high ? 1 : 2);
    return out;
}

Result<Aggregation> ParseAggregation(std::string_view name) {
    std::string lower = ToLower(name);
    if (lower == "sum") return Aggregation::kSum;
    if (lower == "avg") return Aggregation::kAvg;
    if (lower == "count") return Aggregation::kCount;
    if (lower == "min") return Aggregation::kMin;
    if (lower == "max") return Aggregation::kMax;
    return Invalid("The aggregation '" + std::string(name) + "' is not one of sum, avg, count, min and max.");
}

Result<std::vector<Driver>> TopDrivers(const DriverRows &rows, std::vector<Dimension> dimensions, Aggregation aggregation, double min_support) {
    if (!(min_support >= 0 && min_support <= 1)) return Invalid("min_support is between 0 and 1.");
    Analysis analysis(rows, std::move(dimensions), aggregation, min_support);
    if (!analysis.HasBoth()) return Invalid("Both groups need rows with a metric: is_test is TRUE in some and FALSE in others.");
    return analysis.Run();
}

}  // namespace tarn::ai
