import './style.css';
import { setLogLevel } from 'livekit-client';
import { DialerApi } from './dialer_api';
import { DialerPage } from './dialer_page';
import { loadApiKey } from './preferences';

setLogLevel('warn');
const api = new DialerApi(() => loadApiKey(sessionStorage));
new DialerPage(api).start();
