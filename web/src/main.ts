import './style.css';
import { DialerApi } from './dialer_api';
import { DialerPage } from './dialer_page';
import { loadApiKey } from './preferences';

const api = new DialerApi(() => loadApiKey(sessionStorage));
new DialerPage(document, api).start();
