#include "net/transport.hpp"

#include <utility>

#include "net/transport_impl.hpp"

namespace tenure::net {

transport::transport() : impl_(new impl) {}

transport::~transport() = default;

error transport::open(uv_loop_t* loop, transport_config config, receiver& to, turn& now) {
  return impl_->open(loop, std::move(config), to, now);
}

void transport::send(std::uint64_t call, std::size_t place, std::string_view path, std::string body,
                     std::string_view token, std::chrono::milliseconds grpc_timeout, bool secret) {
  exchange_request asked{call, place, path, std::move(body), token, grpc_timeout};
  asked.secret = secret;
  impl_->begin(exchange_kind::call, std::move(asked));
}

void transport::abort(std::uint64_t call) { impl_->cancel(exchange_kind::call, call); }

void transport::open_stream(std::uint64_t stream, std::size_t place, std::string_view path,
                            std::string body, std::string_view token, bool two_way) {
  impl_->begin(two_way ? exchange_kind::two_way : exchange_kind::stream,
               {stream, place, path, std::move(body), token, std::chrono::milliseconds(0)});
}

void transport::write_stream(std::uint64_t stream, std::string_view bytes) {
  impl_->write(stream, bytes);
}

void transport::close_stream(std::uint64_t stream) { impl_->cancel(exchange_kind::stream, stream); }

void transport::let_go() { impl_->let_go(); }
void transport::redial(std::size_t place) { impl_->redial(place); }

void transport::renew(std::shared_ptr<const tls_set> newest) { impl_->renew(std::move(newest)); }

std::optional<std::chrono::seconds> transport::certificate_left(std::size_t endpoint) const {
  return impl_->certificate_left(endpoint);
}

std::optional<std::chrono::seconds> transport::own_certificate_left() const {
  return impl_->own_certificate_left();
}

void transport::close(void (*closed)(void* context), void* context) {
  impl_->close(closed, context);
}

}  // namespace tenure::net
