import { QueryClientProvider } from '@tanstack/preact-query';
import { RouterProvider } from '@tanstack/react-router';
import { render } from 'preact';
import './theme/tokens.css';
import './theme/base.css';
import { queryClient } from './api/query-client.ts';
import { router } from './app/router.tsx';
import { Frame } from './app/frame.tsx';
import { openSession, useSession } from './app/session.ts';
import { SignIn } from './app/sign-in.tsx';
import { applyTheme } from './app/theme.ts';

function Console() {
  const session = useSession();
  switch (session.state) {
    case 'checking':
      return <Frame />;
    case 'signed-out':
      return <SignIn reason={session.reason} />;
    case 'signed-in':
      return (
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      );
  }
}

applyTheme();
const root = document.getElementById('console');
if (root) render(<Console />, root);
void openSession();
