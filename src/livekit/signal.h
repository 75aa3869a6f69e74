#pragma once

/// LiveKit's signalling messages, both directions.
#include "livekit/signal_request.h"
#include "livekit/signal_response.h"
