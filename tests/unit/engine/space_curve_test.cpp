#include "engine/internal/space_curve.h"

#include <gtest/gtest.h>

#include <map>

namespace tarn::engine {
namespace {

// Every point of a cube of `dimensions` and 2^bits a side, by its place on the curve.
template <class Curve>
std::map<uint64_t, std::vector<uint32_t>> AllPoints(size_t dimensions, uint32_t bits, Curve curve) {
    std::map<uint64_t, std::vector<uint32_t>> points;
    uint64_t count = uint64_t{1} << (bits * dimensions);
    for (uint64_t i = 0; i < count; i++) {
        std::vector<uint32_t> point(dimensions);
        for (size_t d = 0; d < dimensions; d++) point[d] = static_cast<uint32_t>(i >> (d * bits)) & ((1u << bits) - 1);
        points[curve(point, bits)] = point;
    }
    EXPECT_EQ(points.size(), count) << "each place is taken once";
    EXPECT_EQ(points.rbegin()->first, count - 1);
    return points;
}

TEST(SpaceCurve, HilbertNeighboursAreNeighboursInSpace) {
    for (auto [dimensions, bits] : {std::pair<size_t, uint32_t>{2, 5}, {3, 3}, {4, 2}, {1, 6}}) {
        const std::vector<uint32_t> *last = nullptr;
        auto points = AllPoints(dimensions, bits, HilbertOf);
        for (auto &[place, point] : points) {
            int64_t distance = 0;
            for (size_t d = 0; last && d < dimensions; d++) distance += std::abs(int64_t{point[d]} - int64_t{(*last)[d]});
            if (last) EXPECT_EQ(distance, 1) << dimensions << " dimensions, place " << place;
            last = &point;
        }
    }
}

TEST(SpaceCurve, ZOrderInterleavesBits) {
    AllPoints(3, 3, ZOrderOf);
    EXPECT_EQ(ZOrderOf({0b11, 0b00}, 2), 0b1010u);
    EXPECT_EQ(ZOrderOf({0b00, 0b11}, 2), 0b0101u);
    EXPECT_EQ(ZOrderOf({0b10, 0b01, 0b00}, 2), 0b100010u);
}

TEST(SpaceCurve, UsesAllOf64Bits) {
    EXPECT_EQ(ZOrderOf({~0u, ~0u}, 32), ~uint64_t{0});
    EXPECT_EQ(HilbertOf({0, 0}, 32), 0u);
    EXPECT_EQ(HilbertOf({~0u, 0}, 32), ~uint64_t{0});
}

}  // namespace
}  // namespace tarn::engine
