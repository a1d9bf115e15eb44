#include "base/nearest.h"

#include <gtest/gtest.h>

namespace tarn {
namespace {

using Names = std::vector<std::string>;

TEST(NearestNames, OffersWhatIsCloseNearestFirst) {
    EXPECT_EQ(NearestNames("user", Names{"posts", "used", "users", "used_by"}, 2), (Names{"used", "users"}));
    EXPECT_EQ(NearestNames("ID_OIDS", Names{"body", "id_oid"}, 1), Names{"id_oid"});
    EXPECT_TRUE(NearestNames("x", Names{"completely", "different", "y"}, 3).empty());
    EXPECT_TRUE(NearestNames(std::string(101, 'a'), Names{std::string(101, 'a')}, 1).empty());
}

TEST(NearestNames, QuotedInAList) {
    EXPECT_EQ(QuoteList({}), "");
    EXPECT_EQ(QuoteList({"a", "b c"}), "`a`, `b c`");
}

}  // namespace
}  // namespace tarn
