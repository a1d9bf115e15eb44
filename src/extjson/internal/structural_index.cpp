#include "extjson/internal/structural_index.h"

#include <simdjson.h>

namespace tarn::extjson {

StructuralIndex::StructuralIndex() = default;
StructuralIndex::~StructuralIndex() = default;

StructuralIndex::Outcome StructuralIndex::Build(const char *text, size_t size) {
    static const uint32_t kNothing[3] = {0, 0, 0};
    begin_ = end_ = kNothing;
    if (size == 0) return Outcome::kOk;
    if (!parser_ || size > capacity_) {
        parser_.reset();
        // The depth is not used: that would be the second stage's.
        auto created = simdjson::get_active_implementation()->create_dom_parser_implementation(size, 1, parser_);
        if (created != simdjson::SUCCESS) return Outcome::kNoMemory;
        capacity_ = size;
    }
    auto code = parser_->stage1(reinterpret_cast<const uint8_t *>(text), size, simdjson::stage1_mode::regular);
    if (code == simdjson::EMPTY) {
        // Blanks only. The two entries behind the last one must hold `size` here, too.
        parser_->structural_indexes[0] = parser_->structural_indexes[1] = uint32_t(size);
        begin_ = end_ = parser_->structural_indexes.get();
        return Outcome::kOk;
    }
    if (code != simdjson::SUCCESS) return Outcome::kBadText;
    begin_ = parser_->structural_indexes.get();
    end_ = begin_ + parser_->n_structural_indexes;
    return Outcome::kOk;
}

}  // namespace tarn::extjson
